package dev.tocsin.pager.siren

import android.content.Context
import android.os.Build
import android.os.VibrationAttributes
import android.os.VibrationEffect
import android.os.Vibrator
import android.os.VibratorManager
import androidx.annotation.RequiresApi

/** Vibrates as the siren sounds: three of half a second, then a pause (the T-3 pattern of NFPA 72). */
class Vibration(
    context: Context,
) {
    private val vibrator: Vibrator =
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
            standard(context)
        } else {
            context.getSystemService(Vibrator::class.java)
        }

    /** Until it is stopped; starting again begins anew. */
    fun start() {
        val effect = VibrationEffect.createWaveform(T3_MS, REPEAT_FROM)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
            vibrateAsAlarm(effect)
        } else {
            @Suppress("DEPRECATION")
            vibrator.vibrate(effect, ALARM)
        }
    }

    /** Still at once. */
    fun stop() = vibrator.cancel()

    @RequiresApi(Build.VERSION_CODES.S)
    private fun standard(context: Context) =
        context.getSystemService(VibratorManager::class.java).defaultVibrator

    /** As an alarm it passes do-not-disturb and the setting that turns other vibrations off. */
    @RequiresApi(Build.VERSION_CODES.TIRAMISU)
    private fun vibrateAsAlarm(effect: VibrationEffect) =
        vibrator.vibrate(effect, VibrationAttributes.createForUsage(VibrationAttributes.USAGE_ALARM))

    private companion object {
        /** Off and on by turns, in milliseconds. */
        val T3_MS = longArrayOf(0, 500, 500, 500, 500, 500, 1500)
        const val REPEAT_FROM = 0
    }
}
