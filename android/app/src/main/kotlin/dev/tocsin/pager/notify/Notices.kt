package dev.tocsin.pager.notify

import android.app.Notification
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import androidx.core.app.NotificationCompat
import dev.tocsin.core.NoticeCard
import dev.tocsin.pager.MainActivity
import dev.tocsin.pager.R
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.phone.Phone
import dev.tocsin.pager.phone.hidesContent
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.dropWhile
import kotlinx.coroutines.flow.map

/**
 * What the core has for the person to read, outside the app as well: a quiet notification for each notice,
 * there until it was read here or there. To swipe one away is to have read it.
 */
class Notices(
    private val context: Context,
) {
    private val manager = context.getSystemService(NotificationManager::class.java)

    /** Shows what is to be read, once the pager is open; never returns. */
    suspend fun follow() =
        Phone.home
            .dropWhile { it == null }
            .map { it?.notices.orEmpty() }
            .distinctUntilChanged()
            .collect(::show)

    private fun show(notices: List<NoticeCard>) {
        val wanted = notices.associateBy { it.number.toInt() }
        val there = manager.activeNotifications.filter { it.tag == TAG }.map { it.id }
        there.filterNot(wanted::contains).forEach { manager.cancel(TAG, it) }
        wanted.filterKeys { it !in there }.forEach { (id, notice) ->
            manager.notify(TAG, id, notification(notice))
        }
    }

    private fun notification(notice: NoticeCard): Notification =
        NotificationCompat
            .Builder(context, Channels.NOTICES)
            .setSmallIcon(R.drawable.ic_bell)
            .setContentText(notice.text)
            .setStyle(NotificationCompat.BigTextStyle().bigText(notice.text))
            .setWhen(notice.at)
            .setShowWhen(true)
            .setVisibility(visibility())
            .setContentIntent(home())
            .setDeleteIntent(ActionReceiver.read(context, notice.number))
            .build()

    /** On a locked phone what it says is hidden, by the owner's wish or their teams' without a trace. */
    private fun visibility() =
        if (TocsinApp.of(context).hidesContent()) {
            NotificationCompat.VISIBILITY_SECRET
        } else {
            NotificationCompat.VISIBILITY_PRIVATE
        }

    private fun home() =
        PendingIntent.getActivity(
            context,
            0,
            Intent(context, MainActivity::class.java),
            PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT,
        )

    companion object {
        /** What these notifications are told from others by. */
        const val TAG = "notice"
    }
}
