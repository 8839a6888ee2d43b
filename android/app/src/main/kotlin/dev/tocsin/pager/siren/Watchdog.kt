package dev.tocsin.pager.siren

import android.app.AlarmManager
import android.app.PendingIntent
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.os.Build
import android.os.SystemClock
import androidx.annotation.RequiresApi
import dev.tocsin.pager.PageActivity
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.phone.Phone

/**
 * Rings again a minute later, whatever has become of this process: the system keeps the alarm, ends Doze
 * for it and starts the process if it must. Such an exact alarm also allows a foreground service to be
 * started from the background
 * (https://developer.android.com/develop/background-work/services/fgs/restrictions-bg-start).
 */
class Watchdog(
    private val app: TocsinApp,
) {
    private val alarms = app.getSystemService(AlarmManager::class.java)

    /** In a minute from now, in place of any earlier. */
    fun arm() {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.S || mayBeExact()) {
            val at = app.clock.millis() + EVERY_MS
            alarms.setAlarmClock(AlarmManager.AlarmClockInfo(at, screen()), bark())
        } else {
            // Readiness tells the owner to allow exact alarms; until they do, roughly must do.
            val at = SystemClock.elapsedRealtime() + EVERY_MS
            alarms.setAndAllowWhileIdle(AlarmManager.ELAPSED_REALTIME_WAKEUP, at, bark())
        }
    }

    /** No more. */
    fun cancel() = alarms.cancel(bark())

    @RequiresApi(Build.VERSION_CODES.S)
    private fun mayBeExact() = alarms.canScheduleExactAlarms()

    private fun bark() = PendingIntent.getBroadcast(app, 0, Intent(app, Bark::class.java), FLAGS)

    private fun screen() = PendingIntent.getActivity(app, 0, PageActivity.intent(app), FLAGS)

    /** Wakes the process, which rings whatever its store says. */
    class Bark : BroadcastReceiver() {
        override fun onReceive(
            context: Context,
            intent: Intent,
        ) = Phone.ringOn(context)
    }

    companion object {
        /** From one bark to the next, in milliseconds. */
        const val EVERY_MS = 60_000L
        private const val FLAGS = PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT
    }
}
