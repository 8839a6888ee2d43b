package dev.tocsin.pager.notify

import android.app.Notification
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import androidx.core.app.NotificationCompat
import dev.tocsin.pager.PageActivity
import dev.tocsin.pager.R
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.phone.hidesContent
import dev.tocsin.pager.phone.isLocked
import dev.tocsin.pager.phone.locks
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.collectLatest
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

    /** Shows it while [rings], as things stand, for as long as the process lives. */
    fun follow(rings: StateFlow<Boolean>) {
        TocsinApp.of(context).life.launch {
            combine(rings, Phone.home, context.locks()) { ringing, _, _ -> if (ringing) text() else null }
                .distinctUntilChanged()
                .collectLatest { if (it == null) gone() else show(it) }
        }
    }

    /** As things stand. */
    fun now(): Notification = notification(text(), Channels.PAGE)

    /** It was swiped away: once more. */
    fun again() = manager.notify(NUMBER, now())

    /**
     * Sounds by itself, over and over, because the siren cannot. One that sounds already is left alone, see
     * [ALERT_EVERY_MS].
     */
    fun insist() {
        if (!insists()) manager.notify(INSISTENT, insistent(text()))
    }

    /** The siren sounds after all. */
    fun calm() = manager.cancel(INSISTENT)

    private suspend fun show(text: PageText) {
        manager.notify(NUMBER, notification(text, Channels.PAGE))
        delay(ALERT_EVERY_MS)
        if (insists()) manager.notify(INSISTENT, insistent(text))
    }

    private fun insists() = manager.activeNotifications.any { it.id == INSISTENT }

    private fun insistent(text: PageText) =
        notification(text, Channels.PAGE_WITH_SOUND).apply { flags = flags or Notification.FLAG_INSISTENT }

    private fun gone() {
        manager.cancel(NUMBER)
        calm()
    }

    private fun text() = PageText.of(context, Phone.home.value, hides())

    private fun hides() = TocsinApp.of(context).hidesContent() && context.isLocked()

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
            .setOnlyAlertOnce(channel == Channels.PAGE)
            .apply { text.offers.forEach { addAction(ActionReceiver.action(context, it)) } }
            .build()

    private fun screen() =
        PendingIntent.getActivity(
            context,
            0,
            PageActivity.intent(context),
            PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT,
        )

    companion object {
        /** Its number, and the siren service's. */
        const val NUMBER = 7000

        /** The number of the one that sounds by itself. */
        const val INSISTENT = 7002

        /**
         * The system mutes whoever alerts twice within a second, and ends the sound of an insistent
         * notification whose update is mute: NotificationAttentionHelper and AlertRateLimiter of
         * Android's frameworks/base.
         */
        const val ALERT_EVERY_MS = 1_000L
    }
}
