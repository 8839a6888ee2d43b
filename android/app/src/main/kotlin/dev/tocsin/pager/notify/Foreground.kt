package dev.tocsin.pager.notify

import android.app.Notification
import android.app.Service
import android.os.Build
import androidx.core.app.ServiceCompat

/**
 * Runs this service in the foreground, with this notification and as this type of service. Older systems
 * than Android 14 do not know the types that Tocsin has.
 */
fun Service.runInForeground(
    number: Int,
    notification: Notification,
    type: Int,
) {
    val known = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) type else 0
    ServiceCompat.startForeground(this, number, notification, known)
}
