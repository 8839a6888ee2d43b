package dev.tocsin.pager.support

import com.sun.net.httpserver.HttpsConfigurator
import com.sun.net.httpserver.HttpsServer
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.file.Files
import java.util.concurrent.CopyOnWriteArrayList

/** A WebPush service (RFC 8030) for one phone: takes what is sent and hands nothing on by itself. */
class PushService : AutoCloseable {
    /** What came, as it came, oldest first. */
    val sent = CopyOnWriteArrayList<ByteArray>()

    private val folder: File = Files.createTempDirectory("push").toFile()
    private val certificate = OwnCertificate(folder)
    private val server = HttpsServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)

    /** Where to push. */
    val endpoint: String get() = "https://127.0.0.1:${server.address.port}/phone"

    /** What a Tocsin server is told to push here: whom to trust, and that this machine is meant. */
    val transports: String
        get() =
            """
            ca_file = "${certificate.pem.path}"
            [webpush]
            contact = "mailto:oncall@example.org"
            allow_hosts = ["127.0.0.1"]
            """.trimIndent()

    init {
        server.httpsConfigurator = HttpsConfigurator(certificate.tls)
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

    private companion object {
        const val CREATED = 201
    }
}
