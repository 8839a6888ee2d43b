package dev.tocsin.pager.boot

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.util.Log
import dev.tocsin.pager.phone.Phone

/**
 * Opens the pager after a reboot, before the first unlock, and after an update: a page that rang when the
 * phone went off rings again, and the server finds the phone reachable. From these broadcasts the siren's
 * service may be started in the background.
 */
class BootReceiver : BroadcastReceiver() {
    override fun onReceive(
        context: Context,
        intent: Intent,
    ) {
        if (intent.action !in ACTIONS) return
        Log.i("tocsin", "opened after ${intent.action}")
        Phone.pager(context)
    }

    private companion object {
        val ACTIONS =
            setOf(
                Intent.ACTION_LOCKED_BOOT_COMPLETED,
                Intent.ACTION_BOOT_COMPLETED,
                Intent.ACTION_MY_PACKAGE_REPLACED,
            )
    }
}
