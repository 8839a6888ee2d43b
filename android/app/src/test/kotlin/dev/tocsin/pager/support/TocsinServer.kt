package dev.tocsin.pager.support

import org.json.JSONArray
import org.json.JSONObject
import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.time.ZoneId
import java.time.ZoneOffset
import java.time.ZonedDateTime
import java.util.concurrent.TimeUnit

/** Limits that a test can sit out: a second to check in, then the manager. */
const val QUICK = """
[teams.policy.sev1]
check_in = "1s"
researching = "60s"
work_in_progress = "120s"
manager = "60s"
"""

/**
 * A real `tocsin serve`, a process of its own with a folder of its own. In its one team Ana is on call and
 * Bea is the manager.
 */
class TocsinServer private constructor(
    private val folder: File,
    private val transports: String?,
    private val certificate: OwnCertificate?,
) : AutoCloseable {
    private val client: HttpClient =
        HttpClient.newBuilder().apply { certificate?.let { sslContext(it.tls) } }.build()
    private var listen = "127.0.0.1:0"
    private lateinit var process: Process
    private lateinit var key: String
    private var token: String? = null

    /** Where phones reach it. */
    val url: String get() = if (certificate == null) "http://$listen" else "https://$listen"

    /** A single-use code for a person's next phone. */
    fun code(person: String): String = post("/v1/codes", JSONObject().put("person", person)).getString("code")

    /** Trouble with the shop's checkout, and its ticket. */
    fun alarm(
        what: String,
        severity: String = "SEV1",
    ): Long {
        val alarm = JSONObject()
        alarm.put("title", "Trouble with $what").put("severity", severity).put("dedup_key", what)
        return post("/in/$key/json", alarm).getJSONArray("alarms").getJSONObject(0).getLong("ticket")
    }

    /** Where a ticket stands. */
    fun state(ticket: Long): String = JSONObject(get("/v1/tickets/$ticket")).getString("state")

    /** How often an event of this type happened to a ticket. */
    fun count(
        ticket: Long,
        event: String,
    ): Int {
        val entries = JSONObject(get("/v1/tickets/$ticket/timeline")).getJSONArray("entries")
        return entries.objects().sumOf { entry ->
            entry.optJSONArray("events")?.objects()?.count { it.getString("type") == event } ?: 0
        }
    }

    /** What it knows of somebody's phone. */
    fun device(person: String): JSONObject =
        JSONArray(get("/v1/devices")).objects().first {
            it.getString("person") == person &&
                it.getString("name") == PHONE
        }

    /** The process ends; what it has taken stays on its disk. */
    fun stop() {
        process.destroy()
        check(process.waitFor(PATIENCE_MS, TimeUnit.MILLISECONDS)) { "the server does not end" }
    }

    /** It comes back at the same address. */
    fun startAgain() = start()

    override fun close() {
        process.destroyForcibly().waitFor()
        folder.deleteRecursively()
    }

    private fun start(): JSONObject {
        val command =
            mutableListOf(System.getProperty("tocsin.binary"), "serve", "--json", "--listen", listen)
        command += listOf("--data", folder.resolve("data").path)
        if (transports != null) {
            val file = folder.resolve("transports.toml").apply { writeText(transports) }
            command += listOf("--transports", file.path)
        }
        certificate?.let { command += listOf("--tls-cert", it.pem.path, "--tls-key", it.keyPem.path) }
        process = ProcessBuilder(command).redirectError(folder.resolve("log")).start()
        val said = process.inputStream.bufferedReader().readLine()
        val ready = JSONObject(checkNotNull(said) { folder.resolve("log").readText() })
        listen = URI(ready.getString("url")).authority
        return ready
    }

    private fun setUp(
        code: String,
        policy: String,
    ) {
        val request = JSONObject().put("code", code).put("device_name", "the administrator's desk")
        token = post("/v1/enroll", request).getString("token")
        val applied = JSONObject(send("PUT", "/v1/config?confirm=true", configuration(policy)))
        key = applied.getJSONArray("keys").getJSONObject(0).getString("key")
    }

    private fun get(path: String) = send("GET", path, "")

    private fun post(
        path: String,
        body: JSONObject,
    ) = JSONObject(send("POST", path, body.toString()))

    private fun send(
        method: String,
        path: String,
        body: String,
    ): String {
        val request = HttpRequest.newBuilder(URI(url + path)).header("content-type", "application/json")
        token?.let { request.header("authorization", "Bearer $it") }
        val content = HttpRequest.BodyPublishers.ofString(body)
        val reply = client.send(request.method(method, content).build(), HttpResponse.BodyHandlers.ofString())
        check(reply.statusCode() == 200) { "$method $path: ${reply.statusCode()} ${reply.body()}" }
        return reply.body()
    }

    companion object {
        /** What the tests call a phone. */
        const val PHONE = "a phone"

        /** One that runs, with these limits, these ways to push and, for TLS, this certificate. */
        fun start(
            policy: String = "",
            transports: String? = null,
            certificate: OwnCertificate? = null,
        ): TocsinServer {
            val folder = Files.createTempDirectory("tocsin").toFile()
            val server = TocsinServer(folder, transports, certificate)
            server.setUp(server.start().getString("admin_code"), policy)
            return server
        }

        /** Where it is about noon: no turn passes on and no evening drill comes while a test runs. */
        private fun noonZone() = "Etc/GMT%+d".format(ZonedDateTime.now(ZoneOffset.UTC).hour - 12)

        private fun today() =
            ZonedDateTime
                .now(ZoneId.of(noonZone()))
                .dayOfWeek.name
                .lowercase()

        private fun JSONArray.objects() = (0 until length()).map(::getJSONObject)

        private fun configuration(policy: String) =
            """
            |[[people]]
            |id = "ana"
            |name = "Ana Silva"
            |manager = "bea"
            |
            |[[people]]
            |id = "bea"
            |name = "Bea Lindqvist"
            |
            |[[teams]]
            |id = "shop"
            |name = "Shop"
            |manager = "bea"
            |members = ["ana"]
            |
            |[teams.rota]
            |zone = "${noonZone()}"
            |start = 2024-01-01
            |handoff = { weekday = "${today()}", time = 09:00 }
            |members = ["ana"]
            |${policy.trim().replace("\n", "\n|")}
            |
            |[[services]]
            |id = "checkout"
            |name = "Checkout"
            |team = "shop"
            |
            |[[integrations]]
            |id = "script"
            |team = "shop"
            |service = "checkout"
            """.trimMargin()
    }
}
