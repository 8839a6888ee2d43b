package dev.tocsin.pager.push

import android.util.Base64
import com.google.firebase.messaging.FirebaseMessagingService
import com.google.firebase.messaging.RemoteMessage
import dev.tocsin.core.Transport
import dev.tocsin.pager.TocsinApp

/** Hears what Play services deliver: data messages only, whose one entry is sealed to this device. */
class FcmService : FirebaseMessagingService() {
    override fun onNewToken(token: String) = pushes().arrived(Transport.FCM, token)

    override fun onMessageReceived(message: RemoteMessage) {
        val sealed = message.data[SEALED] ?: return
        val bytes =
            try {
                Base64.decode(sealed, Base64.URL_SAFE or Base64.NO_PADDING)
            } catch (_: IllegalArgumentException) {
                return
            }
        pushes().received(Transport.FCM, bytes)
    }

    private fun pushes() = TocsinApp.of(this).pushes

    private companion object {
        /** Where the server puts it, in base64url without padding. */
        const val SEALED = "t"
    }
}
