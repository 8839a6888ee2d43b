package dev.tocsin.pager.phone

import android.app.AlarmManager
import android.app.NotificationManager
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.media.AudioManager
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import android.os.Build
import android.os.PowerManager
import androidx.core.content.ContextCompat
import dev.tocsin.pager.notify.Channels
import dev.tocsin.pager.siren.Surroundings

/**
 * Tells whenever something about the phone may have changed that readiness depends on: volume, ringer,
 * do-not-disturb, permissions, battery, network, outputs. It says only that, not what.
 */
class DeviceWatcher(
    private val context: Context,
    private val changed: () -> Unit,
) {
    private val surroundings = Surroundings(context, changed)
    private val networks = context.getSystemService(ConnectivityManager::class.java)

    private val broadcasts =
        object : BroadcastReceiver() {
            override fun onReceive(
                context: Context,
                intent: Intent,
            ) {
                // A channel may pass do-not-disturb only if the app could say so when it was made.
                if (intent.action == NotificationManager.ACTION_NOTIFICATION_POLICY_ACCESS_GRANTED_CHANGED) {
                    Channels.create(context)
                }
                changed()
            }
        }

    private val network =
        object : ConnectivityManager.NetworkCallback() {
            override fun onAvailable(network: Network) = changed()

            override fun onLost(network: Network) = changed()

            override fun onCapabilitiesChanged(
                network: Network,
                capabilities: NetworkCapabilities,
            ) = changed()
        }

    /** From now on. */
    fun start() {
        ContextCompat.registerReceiver(
            context,
            broadcasts,
            IntentFilter().apply { ACTIONS.forEach(::addAction) },
            ContextCompat.RECEIVER_NOT_EXPORTED,
        )
        surroundings.watch()
        networks.registerDefaultNetworkCallback(network)
    }

    /** No longer. */
    fun stop() {
        context.unregisterReceiver(broadcasts)
        surroundings.leave()
        networks.unregisterNetworkCallback(network)
    }

    private companion object {
        val ACTIONS =
            listOfNotNull(
                AudioManager.RINGER_MODE_CHANGED_ACTION,
                NotificationManager.ACTION_INTERRUPTION_FILTER_CHANGED,
                NotificationManager.ACTION_NOTIFICATION_POLICY_ACCESS_GRANTED_CHANGED,
                ConnectivityManager.ACTION_RESTRICT_BACKGROUND_CHANGED,
                PowerManager.ACTION_POWER_SAVE_MODE_CHANGED,
                Intent.ACTION_POWER_CONNECTED,
                Intent.ACTION_POWER_DISCONNECTED,
                Intent.ACTION_BATTERY_LOW,
                Intent.ACTION_BATTERY_OKAY,
                NotificationManager.ACTION_APP_BLOCK_STATE_CHANGED.from(Build.VERSION_CODES.P),
                NotificationManager.ACTION_NOTIFICATION_CHANNEL_BLOCK_STATE_CHANGED.from(
                    Build.VERSION_CODES.P,
                ),
                AlarmManager.ACTION_SCHEDULE_EXACT_ALARM_PERMISSION_STATE_CHANGED.from(Build.VERSION_CODES.S),
            )

        private fun String.from(version: Int) = takeIf { Build.VERSION.SDK_INT >= version }
    }
}
