package dev.tocsin.pager.live

import android.app.AlarmManager
import android.app.PendingIntent
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.os.SystemClock

/**
 * Wakes the processor now and then, so that a connection that died in its sleep is made again.
 *
 * In Doze an app is given one such alarm in about nine minutes, see
 * https://developer.android.com/training/monitoring-device-state/doze-standby.
 */
class LiveAlarm : BroadcastReceiver() {
    override fun onReceive(
        context: Context,
        intent: Intent,
    ) = Live.keep(context)

    companion object {
        private const val EVERY_MS = 10L * 60 * 1000

        /** Rings once, from now on counted anew. */
        fun schedule(context: Context) =
            alarms(context).setAndAllowWhileIdle(
                AlarmManager.ELAPSED_REALTIME_WAKEUP,
                SystemClock.elapsedRealtime() + EVERY_MS,
                operation(context),
            )

        /** Rings no more. */
        fun cancel(context: Context) = alarms(context).cancel(operation(context))

        private fun alarms(context: Context) = context.getSystemService(AlarmManager::class.java)

        private fun operation(context: Context) =
            PendingIntent.getBroadcast(
                context,
                0,
                Intent(context, LiveAlarm::class.java),
                PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT,
            )
    }
}
