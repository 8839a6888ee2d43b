package dev.tocsin.pager.support

import android.security.keystore.KeyGenParameterSpec
import java.io.InputStream
import java.io.OutputStream
import java.security.Key
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.SecureRandom
import java.security.Security
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import java.util.concurrent.ConcurrentHashMap
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import javax.crypto.spec.SecretKeySpec

/** Stands for the Keystore, which is a chip: keys in memory, by the same Java interfaces. */
class MemoryKeystore private constructor() : Provider("AndroidKeyStore", "1", "keys in memory") {
    init {
        put("KeyStore.AndroidKeyStore", Store::class.java.name)
        put("KeyGenerator.AES", Generator::class.java.name)
    }

    /** Finds what [Generator] made; nothing else is asked of it. */
    class Store : KeyStoreSpi() {
        override fun engineLoad(
            stream: InputStream?,
            password: CharArray?,
        ) = Unit

        override fun engineGetKey(
            alias: String,
            password: CharArray?,
        ): Key? = keys[alias]

        override fun engineContainsAlias(alias: String) = keys.containsKey(alias)

        override fun engineIsKeyEntry(alias: String) = keys.containsKey(alias)

        override fun engineDeleteEntry(alias: String) {
            keys.remove(alias)
        }

        override fun engineSize() = keys.size

        override fun engineAliases(): Enumeration<String> = Collections.enumeration(keys.keys)

        override fun engineIsCertificateEntry(alias: String) = false

        override fun engineGetCertificate(alias: String): Certificate? = null

        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null

        override fun engineGetCertificateAlias(certificate: Certificate): String? = null

        override fun engineGetCreationDate(alias: String): Date? = null

        override fun engineSetKeyEntry(
            alias: String,
            key: Key,
            password: CharArray?,
            chain: Array<Certificate>?,
        ) = throw UnsupportedOperationException()

        override fun engineSetKeyEntry(
            alias: String,
            key: ByteArray,
            chain: Array<Certificate>?,
        ) = throw UnsupportedOperationException()

        override fun engineSetCertificateEntry(
            alias: String,
            certificate: Certificate,
        ) = throw UnsupportedOperationException()

        override fun engineStore(
            stream: OutputStream?,
            password: CharArray?,
        ) = throw UnsupportedOperationException()
    }

    /** Makes a key as it is asked for. */
    class Generator : KeyGeneratorSpi() {
        private lateinit var wish: KeyGenParameterSpec

        override fun engineInit(
            parameters: AlgorithmParameterSpec,
            random: SecureRandom?,
        ) {
            wish = parameters as KeyGenParameterSpec
        }

        override fun engineInit(random: SecureRandom?) = throw UnsupportedOperationException()

        override fun engineInit(
            bits: Int,
            random: SecureRandom?,
        ) = throw UnsupportedOperationException()

        override fun engineGenerateKey(): SecretKey {
            check(!wish.isUserAuthenticationRequired) { "a page comes while nobody unlocks the phone" }
            val bytes = ByteArray(wish.keySize / Byte.SIZE_BITS).also(SecureRandom()::nextBytes)
            return SecretKeySpec(bytes, "AES").also { keys[wish.keystoreAlias] = it }
        }
    }

    companion object {
        private val keys = ConcurrentHashMap<String, SecretKey>()

        /** A chip with the keys it had, if it is there already. */
        fun install() {
            if (Security.getProvider("AndroidKeyStore") == null) Security.addProvider(MemoryKeystore())
        }
    }
}
