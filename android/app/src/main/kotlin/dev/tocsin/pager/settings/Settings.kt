package dev.tocsin.pager.settings

import android.content.Context
import android.content.SharedPreferences
import androidx.core.content.edit
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.update
import kotlin.properties.ReadWriteProperty
import kotlin.reflect.KProperty

/**
 * What the owner of this phone chose. It opens before the first unlock after a reboot, because the siren
 * asks for it then too, and is left out of backups. One for a process.
 */
class Settings(
    context: Context,
) {
    private val file: SharedPreferences =
        context
            .createDeviceProtectedStorageContext()
            .getSharedPreferences("settings", Context.MODE_PRIVATE)
    private val edits = MutableStateFlow(0)

    /** Says something now and whenever a setting changed; what it says means nothing. */
    val changes: Flow<Int> = edits

    /** A page is at least this loud: a share of the alarm stream's full volume, 0 to 1. */
    var volumeFloor: Float by setting(0.8f, SharedPreferences::getFloat, SharedPreferences.Editor::putFloat)

    /** A page also vibrates. */
    var vibrate: Boolean by flag(true)

    /** A page also flashes the torch. */
    var torch: Boolean by flag(false)

    /** A locked phone does not show what a page is about. */
    var hideContent: Boolean by flag(false)

    /** Tocsin keeps a connection of its own open, even though pushes reach this phone. */
    var liveStream: Boolean by flag(false)

    private fun flag(usual: Boolean) =
        setting(usual, SharedPreferences::getBoolean, SharedPreferences.Editor::putBoolean)

    private fun <T> setting(
        usual: T,
        read: SharedPreferences.(String, T) -> T,
        write: SharedPreferences.Editor.(String, T) -> SharedPreferences.Editor,
    ) = object : ReadWriteProperty<Settings, T> {
        override fun getValue(
            thisRef: Settings,
            property: KProperty<*>,
        ): T = file.read(property.name, usual)

        override fun setValue(
            thisRef: Settings,
            property: KProperty<*>,
            value: T,
        ) {
            file.edit { write(property.name, value) }
            edits.update { it + 1 }
        }
    }
}
