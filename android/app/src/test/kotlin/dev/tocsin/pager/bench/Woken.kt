package dev.tocsin.pager.bench

import dev.tocsin.core.Language
import dev.tocsin.core.Loudness
import dev.tocsin.core.Pager
import dev.tocsin.core.Push
import dev.tocsin.core.Setup
import dev.tocsin.core.SirenPort
import dev.tocsin.core.Transport
import dev.tocsin.core.sirenPcm
import dev.tocsin.core.uniffiEnsureInitialized
import dev.tocsin.pager.support.PlainPorts
import java.io.File
import java.util.concurrent.LinkedBlockingQueue
import kotlin.system.exitProcess

/** The rate of the sound output, in samples a second, that phones commonly have. */
private const val RATE = 48_000u

/** Renders what it is to play, as Android's output does, and hands over when that was done. */
class Output : SirenPort {
    private val starts = LinkedBlockingQueue<Long>()

    /** When the next siren had its samples, by [System.nanoTime]. */
    fun started(): Long = starts.take()

    override fun start(loudness: Loudness) {
        check(sirenPcm(RATE, loudness).samples.isNotEmpty())
        starts.put(System.nanoTime())
    }

    override fun rehearse() = Unit

    override fun stop() = Unit
}

/** Opens the pager of [folder], where a phone was enrolled before, its safe beside it. */
fun open(
    folder: File,
    ports: PlainPorts,
    wokenBy: ByteArray? = null,
): Pager {
    val push = wokenBy?.let { Push(Transport.WEB_PUSH, it) }
    return Pager.open(Setup(folder.path, Language.ENGLISH, push), ports.all())
}

/**
 * A process that a push woke: with the phone's folder and the push's file as arguments it says how many
 * nanoseconds went by from its first line to the siren's first samples. The core is loaded in between; the
 * start of the Java machine is not counted.
 */
fun main(arguments: Array<String>) {
    val woken = System.nanoTime()
    val (folder, push) = arguments.map(::File)
    uniffiEnsureInitialized()
    val output = Output()
    open(folder, PlainPorts(output, folder.resolve("safe")), push.readBytes())
    println(output.started() - woken)
    System.out.flush()
    exitProcess(0)
}
