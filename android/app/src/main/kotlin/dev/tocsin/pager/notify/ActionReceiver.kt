package dev.tocsin.pager.notify

import android.app.PendingIntent
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.util.Log
import androidx.core.app.NotificationCompat
import dev.tocsin.core.Pager
import dev.tocsin.core.PagerException
import dev.tocsin.pager.R
import dev.tocsin.pager.TocsinApp
import dev.tocsin.pager.phone.Phone
import kotlinx.coroutines.launch

/** Does what was tapped on the notification, and brings it back when it was swiped away. */
class ActionReceiver : BroadcastReceiver() {
    override fun onReceive(
        context: Context,
        intent: Intent,
    ) {
        if (intent.action == SWIPED) return swiped(context)
        val pager = Phone.pager(context)
        try {
            perform(pager, intent)
        } catch (nobodys: PagerException.NotEnrolled) {
            Log.i("tocsin", "a tap on a page of nobody's: ${nobodys.text}")
        }
        // The process may end when this returns; the tap must be on disk by then.
        val pending = goAsync()
        TocsinApp.of(context).life.launch {
            pager.settled()
            pending.finish()
        }
    }

    private fun swiped(context: Context) {
        if (Phone.rings(context).value) PageNotice(context).again()
    }

    private fun perform(
        pager: Pager,
        intent: Intent,
    ) {
        when (intent.action) {
            CHECK_IN -> pager.checkIn(subject(intent))
            CHECK_IN_ALL -> pager.checkInAll()
            CANNOT -> pager.cannotHelp(subject(intent), null)
            I_KNOW -> pager.iKnow()
            READ -> pager.dismissNotice(subject(intent))
        }
    }

    companion object {
        private const val CHECK_IN = "dev.tocsin.pager.CHECK_IN"
        private const val CHECK_IN_ALL = "dev.tocsin.pager.CHECK_IN_ALL"
        private const val CANNOT = "dev.tocsin.pager.CANNOT"
        private const val I_KNOW = "dev.tocsin.pager.I_KNOW"
        private const val READ = "dev.tocsin.pager.READ"
        private const val SWIPED = "dev.tocsin.pager.SWIPED"
        private const val SCHEME = "tocsin"

        /** The button for this. */
        fun action(
            context: Context,
            offer: Offer,
        ): NotificationCompat.Action =
            when (offer) {
                is Offer.CheckIn -> {
                    button(context, R.string.notify_check_in, intent(context, CHECK_IN, offer.ticket))
                }

                is Offer.CheckInAll -> {
                    button(context, R.string.notify_check_in_all, intent(context, CHECK_IN_ALL))
                }

                is Offer.Cannot -> {
                    button(context, R.string.notify_cannot, intent(context, CANNOT, offer.ticket))
                }

                is Offer.IKnow -> {
                    button(context, R.string.notify_i_know, intent(context, I_KNOW))
                }
            }

        /** Hears that it was swiped away. */
        fun swiped(context: Context): PendingIntent = intent(context, SWIPED)

        /** Hears that a notice was read. */
        fun read(
            context: Context,
            notice: Long,
        ): PendingIntent = intent(context, READ, notice)

        private fun button(
            context: Context,
            label: Int,
            deed: PendingIntent,
        ) = NotificationCompat.Action.Builder(null, context.getString(label), deed).build()

        /**
         * The number of the ticket or notice it is [about] is in the address, which tells one from another;
         * what is an extra would be changed in a button that is still shown
         * (https://developer.android.com/reference/android/app/PendingIntent).
         */
        private fun intent(
            context: Context,
            action: String,
            about: Long = 0,
        ) = PendingIntent.getBroadcast(
            context,
            0,
            Intent(action, Uri.fromParts(SCHEME, "$about", null), context, ActionReceiver::class.java),
            PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT,
        )

        private fun subject(intent: Intent): Long = checkNotNull(intent.data).schemeSpecificPart.toLong()
    }
}
