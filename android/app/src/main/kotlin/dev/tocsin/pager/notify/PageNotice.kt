package dev.tocsin.pager.notify

import android.app.KeyguardManager
import android.app.Notification
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import androidx.core.app.NotificationCompat
import androidx.core.content.ContextCompat
import dev.tocsin.pager.PageActivity
import dev.tocsin.pager.R
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.phone.Phone
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.launch

/**
 * The notification that is there as long as the siren shall sound. It opens the page over the lock screen,
 * lets the person check in or pass the page on, and comes back when it is swiped away, which from Android
 * 14 is possible with every notification
 * (https://developer.android.com/about/versions/14/behavior-changes-all#non-dismissable-notifications).
 */
class PageNotice(
    private val context: Context,
) {
    private val manager = context.getSystemService(NotificationManager::class.java)
    private val keyguard = context.getSystemService(KeyguardManager::class.java)

    /** Shows it while [rings], as things stand, for as long as the process lives. */
    fun follow(rings: StateFlow<Boolean>) {
        TocsinApp.of(context).life.launch {
            combine(rings, Phone.home, lock()) { ringing, _, _ -> if (ringing) text() else null }
                .distinctUntilChanged()
                .collect {
                    if (it ==
                        null
                    ) {
                        gone()
                    } else {
                        manager.notify(NUMBER, notification(it, Channels.PAGE))
                    }
                }
        }
    }

    /** As things stand. */
    fun now(): Notification = notification(text(), Channels.PAGE)

    /** It was swiped away: once more. */
    fun again() = manager.notify(NUMBER, now())

    /** Sounds by itself, over and over, because the siren cannot. */
    fun insist() {
        val loud = notification(text(), Channels.PAGE_WITH_SOUND)
        loud.flags = loud.flags or Notification.FLAG_INSISTENT
        manager.notify(INSISTENT, loud)
    }

    /** The siren sounds after all. */
    fun calm() = manager.cancel(INSISTENT)

    private fun gone() {
        manager.cancel(NUMBER)
        calm()
    }

    private fun text() = PageText.of(context, Phone.home.value, hides())

    private fun hides() = TocsinApp.of(context).settings.hideContent && keyguard.isKeyguardLocked

    private fun notification(
        text: PageText,
        channel: String,
    ): Notification =
        NotificationCompat
            .Builder(context, channel)
            .setSmallIcon(R.drawable.ic_bell)
            .setContentTitle(text.title)
            .setContentText(text.text)
            .setStyle(NotificationCompat.BigTextStyle().bigText(text.text))
            .setCategory(NotificationCompat.CATEGORY_ALARM)
            .setPriority(NotificationCompat.PRIORITY_MAX)
            .setVisibility(NotificationCompat.VISIBILITY_PUBLIC)
            .setForegroundServiceBehavior(NotificationCompat.FOREGROUND_SERVICE_IMMEDIATE)
            .setFullScreenIntent(screen(), true)
            .setContentIntent(screen())
            .setDeleteIntent(ActionReceiver.swiped(context))
            .setOngoing(true)
            .setOnlyAlertOnce(true)
            .apply { text.offers.forEach { addAction(ActionReceiver.action(context, it)) } }
            .build()

    private fun screen() =
        PendingIntent.getActivity(
            context,
            0,
            PageActivity.intent(context),
            PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT,
        )

    /** Says something now and whenever the phone is locked or unlocked. */
    private fun lock(): Flow<Unit> =
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
            val turns = IntentFilter(Intent.ACTION_USER_PRESENT).apply { addAction(Intent.ACTION_SCREEN_OFF) }
            ContextCompat.registerReceiver(context, receiver, turns, ContextCompat.RECEIVER_NOT_EXPORTED)
            trySend(Unit)
            awaitClose { context.unregisterReceiver(receiver) }
        }

    companion object {
        /** Its number, and the siren service's. */
        const val NUMBER = 7000

        /** The number of the one that sounds by itself. */
        const val INSISTENT = 7002
    }
}
