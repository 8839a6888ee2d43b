package dev.tocsin.pager.push

import android.content.Context
import com.google.firebase.messaging.FirebaseMessaging
import dev.tocsin.core.PushOffer
import dev.tocsin.core.Transport
import dev.tocsin.pager.R
import dev.tocsin.pager.TocsinApp

/** Google's push service with the team's own Firebase project, for teams that build the app themselves. */
object FcmWay : PushWay {
    override val transport = Transport.FCM
    override val title = R.string.push_fcm
    override val troubleshoot = R.string.push_fcm_help

    override fun register(
        context: Context,
        offer: PushOffer,
    ) {
        FirebaseMessaging.getInstance().token.addOnCompleteListener { answer ->
            val pushes = TocsinApp.of(context).pushes
            if (answer.isSuccessful) {
                pushes.arrived(transport, answer.result)
            } else {
                pushes.failed(transport, PushTrouble.NETWORK)
            }
        }
    }

    override fun unregister(context: Context) {
        FirebaseMessaging.getInstance().deleteToken()
    }
}
