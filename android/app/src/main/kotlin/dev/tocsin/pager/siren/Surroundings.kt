package dev.tocsin.pager.siren

import android.content.Context
import android.database.ContentObserver
import android.media.AudioDeviceCallback
import android.media.AudioDeviceInfo
import android.media.AudioManager
import android.os.Handler
import android.os.Looper
import android.provider.Settings

/** Tells that a volume was turned, or that a sound output came or went. */
class Surroundings(
    context: Context,
    private val changed: () -> Unit,
) {
    private val handler = Handler(Looper.getMainLooper())
    private val resolver = context.contentResolver
    private val audio = context.getSystemService(AudioManager::class.java)
    private var watching = false

    /** Volumes are settings of the system; there is no other documented way to hear of them. */
    private val volumes =
        object : ContentObserver(handler) {
            override fun onChange(selfChange: Boolean) = changed()
        }

    private val devices =
        object : AudioDeviceCallback() {
            override fun onAudioDevicesAdded(added: Array<AudioDeviceInfo>) = changed()

            override fun onAudioDevicesRemoved(removed: Array<AudioDeviceInfo>) = changed()
        }

    /** From now on. */
    fun watch() {
        if (watching) return
        watching = true
        resolver.registerContentObserver(Settings.System.CONTENT_URI, true, volumes)
        audio.registerAudioDeviceCallback(devices, handler)
    }

    /** No longer. */
    fun leave() {
        if (!watching) return
        watching = false
        resolver.unregisterContentObserver(volumes)
        audio.unregisterAudioDeviceCallback(devices)
    }
}
