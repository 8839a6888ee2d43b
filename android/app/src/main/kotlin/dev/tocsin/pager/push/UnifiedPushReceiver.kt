package dev.tocsin.pager.push

import android.content.Context
import dev.tocsin.core.Transport
import dev.tocsin.pager.TocsinApp
import org.unifiedpush.android.connector.FailedReason
import org.unifiedpush.android.connector.MessagingReceiver
import org.unifiedpush.android.connector.data.PushEndpoint
import org.unifiedpush.android.connector.data.PushMessage
import org.unifiedpush.android.connector.keys.KeyManager

/** Hears what the app that delivers says. A receiver, because nothing starts sooner: a push is a siren. */
class UnifiedPushReceiver : MessagingReceiver() {
    override fun getKeyManager(context: Context): KeyManager = UnifiedPushWay.keys(context)

    override fun onMessage(
        context: Context,
        message: PushMessage,
        instance: String,
    ) {
        pushes(context).received(Transport.WEB_PUSH, message.content)
    }

    override fun onNewEndpoint(
        context: Context,
        endpoint: PushEndpoint,
        instance: String,
    ) = pushes(context).arrived(Transport.WEB_PUSH, endpoint.url)

    override fun onRegistrationFailed(
        context: Context,
        reason: FailedReason,
        instance: String,
    ) = pushes(context).failed(
        Transport.WEB_PUSH,
        when (reason) {
            FailedReason.NETWORK -> PushTrouble.NETWORK
            FailedReason.ACTION_REQUIRED -> PushTrouble.ACTION_REQUIRED
            FailedReason.VAPID_REQUIRED -> PushTrouble.BAD_KEY
            FailedReason.INTERNAL_ERROR -> PushTrouble.INTERNAL
        },
    )

    override fun onUnregistered(
        context: Context,
        instance: String,
    ) = pushes(context).failed(Transport.WEB_PUSH, PushTrouble.UNREGISTERED)

    override fun onTempUnavailable(
        context: Context,
        instance: String,
    ) = pushes(context).failed(Transport.WEB_PUSH, PushTrouble.TEMPORARILY_UNAVAILABLE)

    private fun pushes(context: Context) = TocsinApp.of(context).pushes
}
