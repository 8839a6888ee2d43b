package dev.tocsin.pager.bench

import dev.tocsin.core.HomeObserver
import dev.tocsin.core.HomeScreen
import dev.tocsin.core.Pager
import dev.tocsin.core.PushEndpoint
import dev.tocsin.core.Transport
import dev.tocsin.core.typedEnrolment
import dev.tocsin.pager.support.PlainPorts
import dev.tocsin.pager.support.PushService
import dev.tocsin.pager.support.TocsinServer
import kotlinx.coroutines.runBlocking
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import java.io.File
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

/**
 * What the border costs in a real Java machine, JNA included: from a push to the siren's first samples in the
 * shell's hands, and a refresh of the home screen. The push is a real server's, to a phone enrolled there;
 * each sample begins with a copy of that phone. Neither Android nor the sound output is counted.
 * `scripts/bench android` runs it and shows what it writes.
 */
class Border {
    @get:Rule val folder = TemporaryFolder()
    private val phone by lazy { folder.newFolder("phone").apply { resolve("safe").mkdir() } }

    @Test
    fun measure() {
        val push = push()
        val cold = List(COLD) { woken(push) }
        val warm = List(WARMING + WARM) { running(push) }.drop(WARMING)
        val samples = row(warm.map { it.toSamples })
        val screen = row(warm.map { it.toScreen })
        val calls = median(warm.map { it.screens })
        val asked = median(warm.map { it.asked })
        val table =
            """
            || median | slowest | samples |
            |---|---:|---:|---:|
            | push to the first samples, the pager running | $samples |
            | the same in a process that the push woke, the Java machine's start not counted | ${row(cold)} |
            | tap to the home screen that shows it | $screen |

            Calls for one refresh of the home screen: $calls with the screen, and $asked that ask the shell for the time and the like.
            """.trimIndent()
        File(checkNotNull(System.getProperty("tocsin.bench"))).writeText(table + "\n")
    }

    /** Makes the phone Ana's and closes it; then an alarm pages her. */
    private fun push(): File =
        PushService().use { service ->
            TocsinServer.start(transports = service.transports).use { server ->
                val pager = open(phone, PlainPorts(Output(), phone.resolve("safe")))
                val enrolment = typedEnrolment(server.url, server.code("ana"))
                runBlocking { pager.enroll(enrolment, TocsinServer.PHONE, null, false) }
                pager.pushEndpoints(listOf(PushEndpoint.WebPush(service.endpoint)))
                until { "push" in server.device("ana").getJSONArray("ways").toString() }
                end(pager)
                server.alarm("the database")
                until { service.sent.isNotEmpty() }
                folder.newFile().apply { writeBytes(service.sent.first()) }
            }
        }

    /** In a Java machine of its own. */
    private fun woken(push: File): Long {
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val java = File(System.getProperty("java.home"), "bin/java").path
        val library = "-Djna.library.path=" + System.getProperty("jna.library.path")
        val wakes = listOf("dev.tocsin.pager.bench.WokenKt", copy().path, push.path)
        val process =
            ProcessBuilder(listOf(java, library, "-cp", classes) + wakes)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
        return process.inputStream
            .bufferedReader()
            .readText()
            .trim()
            .toLong()
    }

    private fun running(push: File): Sample {
        val mine = copy()
        val output = Output()
        val ports = PlainPorts(output, mine.resolve("safe"))
        val pager = open(mine, ports)
        val screens = LinkedBlockingQueue<HomeScreen>()
        val looking =
            pager.observe(
                object : HomeObserver {
                    override fun show(home: HomeScreen?) {
                        home?.let(screens::put)
                    }
                },
            )
        screens.take()
        runBlocking { pager.settled() }

        val pushed = System.nanoTime()
        pager.receivePush(Transport.WEB_PUSH, push.readBytes())
        val heard = output.started()
        while (!screens.take().siren.ringing) Unit
        runBlocking { pager.settled() }

        screens.clear()
        val before = ports.asked.get()
        val tapped = System.nanoTime()
        pager.checkInAll()
        var shown = 1
        while (screens.take().siren.ringing) shown += 1
        val seen = System.nanoTime()
        val asked = ports.asked.get() - before
        looking.end()
        end(pager)
        mine.deleteRecursively()
        return Sample(heard - pushed, seen - tapped, shown.toLong(), asked.toLong())
    }

    private fun copy() = folder.newFolder().apply { phone.copyRecursively(this) }

    private fun end(pager: Pager) {
        runBlocking { pager.shutDown() }
        pager.close()
    }

    private fun until(holds: () -> Boolean) {
        val giveUp = System.nanoTime() + TimeUnit.MINUTES.toNanos(1)
        while (!holds()) {
            check(System.nanoTime() < giveUp) { "the server did not push" }
            Thread.sleep(LOOK_EVERY_MS)
        }
    }

    private fun row(nanos: List<Long>) = "${ms(median(nanos))} | ${ms(nanos.max())} | ${nanos.size}"

    private fun median(values: List<Long>) = values.sorted()[values.size / 2]

    private fun ms(nanos: Long) = "%.2f ms".format(nanos / 1e6)

    /** Times in nanoseconds, and how often the core called the shell. */
    private class Sample(
        val toSamples: Long,
        val toScreen: Long,
        val screens: Long,
        val asked: Long,
    )

    private companion object {
        const val COLD = 20
        const val WARM = 200

        /** The first ones, in which the Java machine still compiles. */
        const val WARMING = 50
        const val LOOK_EVERY_MS = 5L
    }
}
