package dev.tocsin.pager.notify

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.content.Context
import android.media.RingtoneManager
import dev.tocsin.pager.R
import dev.tocsin.pager.siren.ALARM

/**
 * The channels of pages, and the quiet one of what can be read by day. Those of pages both come to the front and pass do-not-disturb if the owner gave that access; one
 * is mute, because the siren sounds by itself, and the other sounds in its place where it cannot.
 *
 * An app with access to do-not-disturb may make channels that pass it; asking again after the access was
 * given changes the channel unless the owner chose otherwise.
 */
object Channels {
    /** For pages while the siren sounds. */
    const val PAGE = "page"

    /** For pages when the siren cannot sound: the phone's alarm tone instead. */
    const val PAGE_WITH_SOUND = "page_with_sound"

    /** For what is to be read, when there is time: no sound, nothing in front of anything. */
    const val NOTICES = "notices"

    /** Makes them, or brings them up to date. */
    fun create(context: Context) =
        manager(context).createNotificationChannels(listOf(mute(context), loud(context), quiet(context)))

    /** Whether pages pass do-not-disturb. */
    fun bypassesDnd(context: Context): Boolean =
        manager(context).getNotificationChannel(PAGE)?.canBypassDnd() == true

    /** Whether the owner lets pages be shown. */
    fun isOpen(context: Context): Boolean =
        manager(context).getNotificationChannel(PAGE)?.importance != NotificationManager.IMPORTANCE_NONE

    private fun mute(context: Context) =
        channel(context, PAGE, R.string.notify_page_channel, R.string.notify_page_channel_about).apply {
            setSound(null, null)
        }

    private fun loud(context: Context) =
        channel(
            context,
            PAGE_WITH_SOUND,
            R.string.notify_loud_channel,
            R.string.notify_loud_channel_about,
        ).apply {
            setSound(RingtoneManager.getDefaultUri(RingtoneManager.TYPE_ALARM), ALARM)
            enableVibration(true)
        }

    private fun quiet(context: Context) =
        NotificationChannel(
            NOTICES,
            context.getString(R.string.notify_notices_channel),
            NotificationManager.IMPORTANCE_LOW,
        ).apply { description = context.getString(R.string.notify_notices_channel_about) }

    private fun channel(
        context: Context,
        id: String,
        name: Int,
        about: Int,
    ) = NotificationChannel(id, context.getString(name), NotificationManager.IMPORTANCE_HIGH).apply {
        description = context.getString(about)
        lockscreenVisibility = Notification.VISIBILITY_PUBLIC
        setBypassDnd(true)
    }

    private fun manager(context: Context) = context.getSystemService(NotificationManager::class.java)
}
