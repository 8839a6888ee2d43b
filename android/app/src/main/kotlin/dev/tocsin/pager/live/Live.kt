package dev.tocsin.pager.live

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.UserManager
import android.util.Log
import androidx.core.content.ContextCompat
import dev.tocsin.core.PagerException
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.phone.Phone
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.dropWhile
import kotlinx.coroutines.flow.map

/**
 * Whether [LiveService] runs: when the person chose it, or when no push reaches this phone. Before the first
 * unlock after a reboot none does, since the apps that deliver pushes keep what they know locked until then.
 *
 * It is only ever started from here, and ends itself: the system ends an app whose service was asked for and
 * stopped before it came to the foreground, see
 * https://developer.android.com/reference/android/content/Context#startForegroundService(android.content.Intent).
 */
object Live {
    /**
     * Starts the service whenever something changes and it is wanted; never returns. That it was wanted before
     * does not say that it runs: it may have been refused, or have ended itself in between.
     */
    suspend fun follow(context: Context) = wanted(context).collect { if (it) start(context) }

    /** Starts the service if it is wanted now, though it may have been refused before; opens the pager. */
    fun keep(context: Context) {
        if (isWanted(context)) start(context)
    }

    /** Whether the service is wanted now; opens the pager. */
    fun isWanted(context: Context): Boolean = enrolled(context) && chosen(context)

    /**
     * Whether the service is wanted, and again whenever something changes that it depends on. It waits until
     * the pager is open: before that nobody knows whose this phone is, and the service may have been started
     * again.
     */
    fun wanted(context: Context): Flow<Boolean> {
        val app = TocsinApp.of(context)
        val enrolled =
            Phone.home
                .map { it != null }
                .distinctUntilChanged()
                .dropWhile { !it }
        return combine(enrolled, app.pushes.state, app.settings.changes, unlocks(app)) { somebodys, _, _, _ ->
            somebodys && chosen(app)
        }
    }

    private fun chosen(context: Context): Boolean {
        val app = TocsinApp.of(context)
        return app.settings.liveStream || !app.pushes.state.value.reachable || !unlocked(app)
    }

    private fun enrolled(context: Context): Boolean =
        try {
            Phone.pager(context).me() != null
        } catch (_: PagerException) {
            false
        }

    private fun unlocked(context: Context) = context.getSystemService(UserManager::class.java).isUserUnlocked

    /** Says something now and when the phone is unlocked for the first time since it started. */
    private fun unlocks(context: Context): Flow<Unit> =
        callbackFlow {
            val receiver =
                object : BroadcastReceiver() {
                    override fun onReceive(
                        context: Context,
                        intent: Intent,
                    ) {
                        trySend(Unit)
                    }
                }
            val unlock = IntentFilter(Intent.ACTION_USER_UNLOCKED)
            ContextCompat.registerReceiver(context, receiver, unlock, ContextCompat.RECEIVER_NOT_EXPORTED)
            trySend(Unit)
            awaitClose { context.unregisterReceiver(receiver) }
        }

    private fun start(context: Context) {
        try {
            ContextCompat.startForegroundService(context, LiveService.intent(context))
        } catch (refused: IllegalStateException) {
            // From Android 12 an app in the background may not, unless it is exempt from battery saving.
            // Readiness asks for that exemption; opening the app or the next reboot starts it as well.
            Log.w("tocsin", "the live connection waits until the app is opened: ${refused.message}")
        }
    }
}
