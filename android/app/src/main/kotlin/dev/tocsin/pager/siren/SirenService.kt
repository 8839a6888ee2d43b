package dev.tocsin.pager.siren

import android.content.Context
import android.content.Intent
import android.content.pm.ServiceInfo
import android.util.Log
import androidx.core.app.ServiceCompat
import androidx.lifecycle.LifecycleService
import androidx.lifecycle.lifecycleScope
import dev.tocsin.pager.notify.PageNotice
import dev.tocsin.pager.notify.runInForeground
import dev.tocsin.pager.phone.Phone
import kotlinx.coroutines.launch

/**
 * Keeps the process in the foreground while the siren sounds, and shows why. The sound itself is
 * [AndroidSiren]'s.
 *
 * Its type is systemExempted, which apps with the permission for exact alarms may use
 * (https://developer.android.com/reference/android/content/pm/ServiceInfo#FOREGROUND_SERVICE_TYPE_SYSTEM_EXEMPTED);
 * it has no time limit. Nobody stops it from outside: a service that was asked for and ended before it
 * showed its notification takes the process with it. It looks itself whether the siren still shall sound.
 */
class SirenService : LifecycleService() {
    private var newest = 0

    override fun onCreate() {
        super.onCreate()
        comeForward()
        val rings = Phone.rings(this)
        lifecycleScope.launch { rings.collect { if (!it) finish() } }
    }

    override fun onStartCommand(
        intent: Intent?,
        flags: Int,
        startId: Int,
    ): Int {
        super.onStartCommand(intent, flags, startId)
        newest = startId
        comeForward()
        if (!Phone.rings(this).value) finish()
        return START_STICKY
    }

    private fun comeForward() {
        val notice = PageNotice(this)
        try {
            runInForeground(
                PageNotice.NUMBER,
                notice.now(),
                ServiceInfo.FOREGROUND_SERVICE_TYPE_SYSTEM_EXEMPTED,
            )
        } catch (refused: SecurityException) {
            behind(notice, refused)
        } catch (refused: IllegalStateException) {
            behind(notice, refused)
        }
    }

    /** The process plays on for as long as the system lets it; while it does, the notification sounds too. */
    private fun behind(
        notice: PageNotice,
        refused: RuntimeException,
    ) {
        Log.w("tocsin", "the siren has no foreground service: ${refused.message}")
        if (Phone.rings(this).value) notice.insist()
    }

    /** Unless it was asked for again meanwhile. */
    private fun finish() {
        if (newest == 0 || !stopSelfResult(newest)) return
        ServiceCompat.stopForeground(this, ServiceCompat.STOP_FOREGROUND_REMOVE)
    }

    companion object {
        /** How it is started. */
        fun intent(context: Context) = Intent(context, SirenService::class.java)

        /**
         * Asks for it, and tells whether the system agreed. From Android 12 an app in the background may
         * only for a reason: a high-priority push, an exact alarm, a reboot, exemption from battery saving.
         */
        fun start(context: Context): Boolean =
            try {
                context.startForegroundService(intent(context)) != null
            } catch (refused: IllegalStateException) {
                Log.w("tocsin", "no foreground service for the siren: ${refused.message}")
                false
            }
    }
}
