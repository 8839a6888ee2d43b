package dev.tocsin.pager.siren

import android.app.NotificationManager
import android.content.Context
import android.content.SharedPreferences
import android.media.AudioManager
import android.util.Log
import androidx.core.content.edit
import kotlin.math.ceil

/**
 * The alarm stream's volume: raised for the siren and put back afterwards, also by the process after the
 * one that raised it: what it was is noted.
 *
 * Total silence, and a do-not-disturb that lets no alarms through, mute the stream; from Android 15 no app
 * can lift either (https://developer.android.com/about/versions/15/behavior-changes-15). A stream so muted
 * reads as none and takes no other volume. It is told as it is, so that the server knows that nobody heard
 * anything, and never noted as what its owner had chosen.
 */
class AlarmVolume(
    context: Context,
) {
    private val audio = context.getSystemService(AudioManager::class.java)
    private val notifications = context.getSystemService(NotificationManager::class.java)
    private val notes: SharedPreferences =
        context.createDeviceProtectedStorageContext().getSharedPreferences("volume", Context.MODE_PRIVATE)

    /** How loud an alarm is now: 0 silent to 1 full. */
    fun effective(): Float = if (isSilenced()) 0f else share(level)

    /** How loud it would be once raised to this share of full. */
    fun raised(floor: Float): Float = if (isSilenced()) 0f else share(maxOf(level, level(floor)))

    /**
     * Whether do-not-disturb lets no alarm be heard. A stream that its owner turned down to nothing is mute as
     * well, but can be raised.
     */
    fun isSilenced(): Boolean =
        when (filter) {
            NotificationManager.INTERRUPTION_FILTER_NONE -> true
            NotificationManager.INTERRUPTION_FILTER_PRIORITY -> audio.isStreamMute(STREAM)
            else -> false
        }

    /**
     * At least this share of full, where the device lets its volume be set. What it was before is kept until
     * it is put back.
     */
    fun raise(floor: Float) {
        val before = level
        val wanted = level(floor)
        if (before >= wanted || filter == NotificationManager.INTERRUPTION_FILTER_NONE) return
        set(wanted)
        // Do-not-disturb refuses without a word; then there is nothing to put back.
        if (level == before) return
        // Written in the background: a process that dies within these milliseconds leaves a loud alarm
        // clock, and waiting for the disk would delay every siren.
        notes.edit {
            if (!notes.contains(BEFORE)) putInt(BEFORE, before)
            putInt(RAISED, wanted)
        }
    }

    /**
     * As it was before, unless somebody chose another since. While it is silenced nobody can; the end of the
     * next siren does, or the next start of the process.
     */
    fun restore() {
        if (isSilenced() || !notes.contains(BEFORE)) return
        if (level == notes.getInt(RAISED, level)) set(notes.getInt(BEFORE, level))
        notes.edit { clear() }
    }

    private val filter get() = notifications.currentInterruptionFilter

    private val level get() = audio.getStreamVolume(STREAM)

    private val full get() = audio.getStreamMaxVolume(STREAM)

    /** Never none: a floor is there to be heard. */
    private fun level(floor: Float) = ceil(floor * full).toInt().coerceIn(1, full)

    private fun share(level: Int) = level.toFloat() / full

    private fun set(level: Int) =
        try {
            audio.setStreamVolume(STREAM, level, 0)
        } catch (refused: SecurityException) {
            // Some do-not-disturb modes of makers; what is heard is then told as it is.
            Log.w("tocsin", "the alarm volume stays: ${refused.message}")
        }

    private companion object {
        const val STREAM = AudioManager.STREAM_ALARM
        const val BEFORE = "before"
        const val RAISED = "raised"
    }
}
