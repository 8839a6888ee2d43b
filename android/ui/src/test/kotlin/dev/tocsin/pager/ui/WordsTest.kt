package dev.tocsin.pager.ui

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/** The files of labels, as a translator sees them. */
class WordsTest {
    private val english = labels("values")
    private val korean = labels("values-ko")
    private val toTranslate = english.filterValues { it.translatable }

    @Test
    fun `every label is there in Korean, and no Korean label is left over`() {
        assertEquals(toTranslate.keys, korean.keys)
    }

    @Test
    fun `every Korean label is in Korean`() {
        val forgotten =
            korean.filterValues { label ->
                label.texts.any { text -> text.none { it in '가'..'힣' } }
            }
        assertEquals(emptySet<String>(), forgotten.keys)
    }

    @Test
    fun `both languages fill in the same things`() {
        korean.forEach { (name, label) ->
            val wanted =
                english
                    .getValue(name)
                    .texts
                    .flatMap { it.blanks() }
                    .toSet()
            label.texts.forEach { assertEquals(name, wanted, it.blanks().toSet()) }
        }
    }

    @Test
    fun `a counted label has the forms of its language`() {
        assertTrue(english.values.any { it.forms == setOf("one", "other") })
        english.forEach { (name, label) ->
            if (label.forms.isNotEmpty()) {
                assertEquals(name, setOf("one", "other"), label.forms)
                assertEquals(name, setOf("other"), korean.getValue(name).forms)
            }
        }
    }

    private class Label(
        val texts: List<String>,
        val forms: Set<String>,
        val translatable: Boolean,
    )

    private fun labels(folder: String): Map<String, Label> {
        val root =
            DocumentBuilderFactory
                .newInstance()
                .newDocumentBuilder()
                .parse(
                    file(folder),
                ).documentElement
        return root.children().associate { label ->
            val forms = label.children()
            val texts = if (forms.isEmpty()) listOf(label.textContent) else forms.map { it.textContent }
            val translatable = label.getAttribute("translatable") != "false"
            label.getAttribute("name") to
                Label(texts, forms.map { it.getAttribute("quantity") }.toSet(), translatable)
        }
    }

    private fun Element.children(): List<Element> =
        (0 until childNodes.length).map { childNodes.item(it) }.filterIsInstance<Element>()

    private fun String.blanks() = Regex("%\\d+\\$[.\\d]*[a-z]").findAll(this).map { it.value }.toList()

    private fun file(folder: String): File {
        val documented = File(checkNotNull(System.getProperty("tocsin.documented")))
        return documented.resolve("../../android/ui/src/main/res/$folder/strings.xml").normalize()
    }
}
