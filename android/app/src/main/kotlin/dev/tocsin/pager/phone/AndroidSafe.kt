package dev.tocsin.pager.phone

import android.content.Context
import android.content.SharedPreferences
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import android.util.Base64
import dev.tocsin.core.PortException
import dev.tocsin.core.SafePort
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.security.ProviderException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * The safe: AES-256-GCM under a key that never leaves the Keystore, the ciphertext in device-protected
 * storage.
 *
 * The key asks for no authentication and no unlocked device, since a page comes before the first unlock
 * too; see https://developer.android.com/privacy-and-security/keystore and
 * https://developer.android.com/privacy-and-security/direct-boot. Each secret is bound to its name, so that
 * one cannot be put in another's place.
 */
class AndroidSafe(
    context: Context,
) : SafePort {
    private val file: SharedPreferences =
        context.createDeviceProtectedStorageContext().getSharedPreferences("safe", Context.MODE_PRIVATE)

    override fun keep(
        name: String,
        secret: ByteArray,
    ) = guarded("keep") {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.ENCRYPT_MODE, key())
        cipher.updateAAD(name.toByteArray())
        val sealed = cipher.iv + cipher.doFinal(secret)
        // On disk before it returns: the server has already forgotten the code that this came for.
        write { putString(name, Base64.encodeToString(sealed, Base64.NO_WRAP)) }
    }

    override fun find(name: String): ByteArray? =
        guarded("open") {
            val sealed = file.getString(name, null)?.let { Base64.decode(it, Base64.NO_WRAP) }
            sealed?.let { open(name, it) }
        }

    override fun forget(name: String) = write { remove(name) }

    private fun write(change: SharedPreferences.Editor.() -> Unit) {
        if (file.edit().apply(change).commit()) return
        throw PortException.Failed(
            "the phone did not write its safe to its storage; free some storage, restart the phone and try again",
        )
    }

    private fun open(
        name: String,
        sealed: ByteArray,
    ): ByteArray {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.DECRYPT_MODE, key(), GCMParameterSpec(TAG_BITS, sealed, 0, IV_BYTES))
        cipher.updateAAD(name.toByteArray())
        return cipher.doFinal(sealed, IV_BYTES, sealed.size - IV_BYTES)
    }

    private fun key(): SecretKey {
        val keys = KeyStore.getInstance(KEYSTORE).apply { load(null) }
        return keys.getKey(ALIAS, null) as SecretKey? ?: newKey()
    }

    private fun newKey(): SecretKey {
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val wish =
            KeyGenParameterSpec
                .Builder(ALIAS, purposes)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .setKeySize(KEY_BITS)
                .build()
        val generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, KEYSTORE)
        generator.init(wish)
        return generator.generateKey()
    }

    private fun <T> guarded(
        deed: String,
        work: () -> T,
    ): T =
        try {
            work()
        } catch (error: GeneralSecurityException) {
            throw failed(deed, error)
        } catch (error: ProviderException) {
            // What the Keystore's own process throws when it is not well.
            throw failed(deed, error)
        } catch (error: IllegalArgumentException) {
            // What was written is damaged: no base64, or too short to be anything sealed.
            throw failed(deed, error)
        }

    private fun failed(
        deed: String,
        error: Exception,
    ) = PortException.Failed(
        "the phone's keystore did not $deed a secret ($error); restart the phone, and if it stays, " +
            "remove this device and enrol it again",
    )

    private companion object {
        const val KEYSTORE = "AndroidKeyStore"
        const val ALIAS = "tocsin.safe"
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        const val KEY_BITS = 256

        /** What the Keystore makes for GCM; NIST SP 800-38D, section 8.2. */
        const val IV_BYTES = 12
        const val TAG_BITS = 128
    }
}
