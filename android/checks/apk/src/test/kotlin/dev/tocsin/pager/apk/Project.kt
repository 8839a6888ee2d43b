package dev.tocsin.pager.apk

import org.w3c.dom.Document
import org.w3c.dom.Element
import org.w3c.dom.Node
import org.w3c.dom.NodeList
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/** The namespace of `android:` attributes. */
const val ANDROID = "http://schemas.android.com/apk/res/android"

/** The Gradle project: the folder `android` of the repository. */
val gradle = File(checkNotNull(System.getProperty("tocsin.android")))

/** What the checks have built. */
val built = File(checkNotNull(System.getProperty("tocsin.android.out")))

/** The package a phone would get. */
val apk = built.resolve("apk/tocsin.apk")

/** The application's manifest as it goes into the package, with those of all libraries. */
val manifest: Element by lazy { xml(built.resolve("app/manifest.xml")).documentElement }

/** Reads a file as XML. */
fun xml(file: File): Document =
    DocumentBuilderFactory
        .newInstance()
        .apply { isNamespaceAware = true }
        .newDocumentBuilder()
        .parse(file)

/** All elements below this one with one of these names. */
fun Element.all(vararg names: String): List<Element> = names.flatMap { getElementsByTagName(it).elements() }

/** Its `android:` attribute [name], or null. */
fun Element.android(name: String): String? = getAttributeNS(ANDROID, name).ifEmpty { null }

/** Those of these nodes that are elements. */
fun NodeList.elements(): List<Element> =
    (0 until length)
        .map(::item)
        .filter { it.nodeType == Node.ELEMENT_NODE }
        .map { it as Element }

/** Runs a program and returns what it says; fails when the program does. */
fun run(vararg command: String): String {
    val process = ProcessBuilder(*command).redirectErrorStream(true).start()
    val said = process.inputStream.bufferedReader().readText()
    check(process.waitFor() == 0) { "${command.joinToString(" ")}:\n$said" }
    return said
}
