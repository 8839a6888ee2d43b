package dev.tocsin.pager.live

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.content.pm.ServiceInfo
import android.net.ConnectivityManager
import android.net.Network
import android.util.Log
import androidx.annotation.StringRes
import androidx.core.app.NotificationCompat
import androidx.lifecycle.LifecycleService
import androidx.lifecycle.lifecycleScope
import dev.tocsin.core.ConnectionState
import dev.tocsin.core.HomeScreen
import dev.tocsin.pager.MainActivity
import dev.tocsin.pager.R
import dev.tocsin.pager.notify.runInForeground
import dev.tocsin.pager.phone.Phone
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull

/**
 * Keeps this process and with it the core's live stream, on phones that no push reaches.
 *
 * The processor sleeps meanwhile: what the server sends wakes it. It is kept awake only to connect again,
 * after the network changed and once in [LiveAlarm]'s while, and never longer than [AWAKE_AT_MOST_MS].
 *
 * Nobody stops it from outside: it looks itself whether it is still wanted, see [Live].
 */
class LiveService : LifecycleService() {
    private var newest = 0

    override fun onCreate() {
        super.onCreate()
        if (!comeForward()) return
        lifecycleScope.launch { networks().collect { connect() } }
        lifecycleScope.launch {
            Live
                .wanted(this@LiveService)
                .distinctUntilChanged()
                .collectLatest { if (it) tell() else finish() }
        }
    }

    override fun onStartCommand(
        intent: Intent?,
        flags: Int,
        startId: Int,
    ): Int {
        super.onStartCommand(intent, flags, startId)
        newest = startId
        if (!comeForward()) return START_NOT_STICKY
        if (Live.isWanted(this)) connect() else finish()
        return START_STICKY
    }

    override fun onDestroy() {
        LiveAlarm.cancel(this)
        super.onDestroy()
    }

    /**
     * Whether the system lets it. When it brings a service back that it ended for want of memory, the app is
     * in the background, from where it may not: then this ends, until the app is opened.
     */
    private fun comeForward(): Boolean =
        try {
            runInForeground(
                NOTIFICATION,
                notification(status(Phone.home.value)),
                ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE,
            )
            true
        } catch (refused: IllegalStateException) {
            Log.w("tocsin", "the live connection has no foreground service: ${refused.message}")
            stopSelf()
            false
        }

    /** Unless it was asked for again meanwhile. */
    private fun finish() {
        if (newest != 0) stopSelfResult(newest)
    }

    /** Says something whenever the network is another. */
    private fun networks(): Flow<Unit> =
        callbackFlow {
            val callback =
                object : ConnectivityManager.NetworkCallback() {
                    override fun onAvailable(network: Network) {
                        trySend(Unit)
                    }

                    override fun onLost(network: Network) {
                        trySend(Unit)
                    }
                }
            val connectivity = getSystemService(ConnectivityManager::class.java)
            connectivity.registerDefaultNetworkCallback(callback)
            awaitClose { connectivity.unregisterNetworkCallback(callback) }
        }

    /** Lets the core see what is new, and the processor sleep once it is connected. */
    private fun connect() {
        LiveAlarm.schedule(this)
        lifecycleScope.launch {
            awake {
                Phone.pager(this@LiveService).deviceChanged()
                withTimeoutOrNull(AWAKE_AT_MOST_MS) {
                    Phone.home.first { it?.connection is ConnectionState.Live }
                }
            }
        }
    }

    /** Shows how the connection stands; never returns. */
    private suspend fun tell() =
        Phone.home
            .map(::status)
            .distinctUntilChanged()
            .collect(::show)

    @StringRes
    private fun status(home: HomeScreen?): Int =
        when (home?.connection) {
            is ConnectionState.Live -> R.string.live_connected
            is ConnectionState.Offline -> R.string.live_offline
            is ConnectionState.Connecting, null -> R.string.live_connecting
        }

    private fun show(
        @StringRes status: Int,
    ) = getSystemService(NotificationManager::class.java).notify(NOTIFICATION, notification(status))

    private fun notification(
        @StringRes status: Int,
    ): Notification {
        val channel =
            NotificationChannel(CHANNEL, getString(R.string.live_channel), NotificationManager.IMPORTANCE_MIN)
        channel.description = getString(R.string.live_channel_about)
        channel.setShowBadge(false)
        getSystemService(NotificationManager::class.java).createNotificationChannel(channel)
        val open =
            PendingIntent.getActivity(
                this,
                0,
                Intent(this, MainActivity::class.java),
                PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT,
            )
        return NotificationCompat
            .Builder(this, CHANNEL)
            .setSmallIcon(R.drawable.ic_bell)
            .setContentTitle(getString(R.string.live_title))
            .setContentText(getString(status))
            .setContentIntent(open)
            .setOngoing(true)
            .setShowWhen(false)
            .setCategory(NotificationCompat.CATEGORY_SERVICE)
            .setVisibility(NotificationCompat.VISIBILITY_SECRET)
            .build()
    }

    companion object {
        /** Its notification's number. */
        const val NOTIFICATION = 7001
        private const val CHANNEL = "live"

        /** How it is started. */
        fun intent(context: Context) = Intent(context, LiveService::class.java)
    }
}
