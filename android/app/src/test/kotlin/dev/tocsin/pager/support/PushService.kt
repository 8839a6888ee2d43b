package dev.tocsin.pager.support

import com.sun.net.httpserver.HttpsConfigurator
import com.sun.net.httpserver.HttpsServer
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.file.Files
import java.security.KeyStore
import java.util.concurrent.CopyOnWriteArrayList
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext

/** A WebPush service (RFC 8030) for one phone: takes what is sent and hands nothing on by itself. */
class PushService : AutoCloseable {
    /** What came, as it came, oldest first. */
    val sent = CopyOnWriteArrayList<ByteArray>()

    private val folder: File = Files.createTempDirectory("push").toFile()
    private val server = HttpsServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)

    /** Where to push. */
    val endpoint: String get() = "https://127.0.0.1:${server.address.port}/phone"

    /** What a Tocsin server is told to push here: whom to trust, and that this machine is meant. */
    val transports: String
        get() =
            """
            ca_file = "${folder.resolve("certificate.pem").path}"
            [webpush]
            contact = "mailto:oncall@example.org"
            allow_hosts = ["127.0.0.1"]
            """.trimIndent()

    init {
        val store = folder.resolve("keys.p12").path
        val key = listOf("-keystore", store, "-storepass", PASSWORD, "-alias", "push")
        keytool(
            listOf("-genkeypair", "-keyalg", "EC", "-dname", "CN=push", "-ext", "san=ip:127.0.0.1") + key,
        )
        keytool(listOf("-exportcert", "-rfc", "-file", folder.resolve("certificate.pem").path) + key)
        val keys = KeyStore.getInstance(File(store), PASSWORD.toCharArray())
        val managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm())
        managers.init(keys, PASSWORD.toCharArray())
        val tls = SSLContext.getInstance("TLS").apply { init(managers.keyManagers, null, null) }
        server.httpsConfigurator = HttpsConfigurator(tls)
        server.createContext("/phone") { exchange ->
            sent += exchange.requestBody.readBytes()
            exchange.responseHeaders.add("Location", "https://127.0.0.1/message")
            exchange.sendResponseHeaders(CREATED, -1)
            exchange.close()
        }
        server.start()
    }

    override fun close() {
        server.stop(0)
        folder.deleteRecursively()
    }

    private fun keytool(arguments: List<String>) {
        val program = File(System.getProperty("java.home"), "bin/keytool").path
        val ended = ProcessBuilder(listOf(program) + arguments).redirectErrorStream(true).start()
        val said = ended.inputStream.bufferedReader().readText()
        check(ended.waitFor() == 0) { said }
    }

    private companion object {
        const val PASSWORD = "only for tests"
        const val CREATED = 201
    }
}
