package dev.tocsin.pager.support

import dev.tocsin.core.Language
import dev.tocsin.core.Loudness
import dev.tocsin.core.Pager
import dev.tocsin.core.Setup
import dev.tocsin.core.SirenEvent
import dev.tocsin.core.SirenPort
import dev.tocsin.core.typedEnrolment
import kotlinx.coroutines.runBlocking
import java.io.File
import java.nio.file.Files

/** Another phone of somebody: the core with nothing of Android around it. */
class OtherPhone(
    server: TocsinServer,
    person: String,
) : AutoCloseable {
    /** Whether it sounds now. */
    @Volatile var sounds = false
        private set

    private val folder: File = Files.createTempDirectory("other-phone").toFile()
    private val pager: Pager

    init {
        val setup = Setup(folder.path, Language.ENGLISH, null)
        pager = Pager.open(setup, PlainPorts(Speaker(), folder.resolve("safe").apply { mkdir() }).all())
        val enrolment = typedEnrolment(server.url, server.code(person))
        runBlocking { pager.enroll(enrolment, "another phone", null, false) }
    }

    override fun close() {
        runBlocking { pager.shutDown() }
        pager.close()
        folder.deleteRecursively()
    }

    private inner class Speaker : SirenPort {
        override fun start(loudness: Loudness) {
            sounds = true
        }

        override fun rehearse() = pager.sirenReported(SirenEvent.Rehearsed(1f))

        override fun stop() {
            sounds = false
        }
    }
}
