package dev.tocsin.pager.push

import dev.tocsin.core.PushKeysText
import org.unifiedpush.android.connector.data.PublicKeySet
import org.unifiedpush.android.connector.keys.KeyManager

/**
 * The keys that pushes are sealed to are the core's, which opens them itself: so a library that would open
 * them here is shown only the public half, and passes bytes on as they came.
 */
class DeviceKeys(
    private val keys: () -> PushKeysText?,
) : KeyManager {
    override fun decrypt(
        instance: String,
        sealed: ByteArray,
    ): ByteArray? = null

    override fun generate(instance: String) = Unit

    override fun getPublicKeySet(instance: String): PublicKeySet? =
        keys()?.let { PublicKeySet(it.p256dh, it.auth) }

    override fun exists(instance: String): Boolean = true

    override fun delete(instance: String) = Unit
}
