package dev.tocsin.pager.apk

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** What Gradle builds for phones is what was checked here. */
class GradleInStepTest {
    private val pom = xml(gradle.resolve("checks/pom.xml")).documentElement

    private val checked: Map<String, String> =
        pom.all("properties").single().childNodes.elements().associate {
            it.tagName.replace('.', '-') to
                it.textContent
        }

    private val catalog = gradle.resolve("gradle/libs.versions.toml").readText()

    private val versions: Map<String, String> =
        Regex("""^([\w-]+) = "([^"]+)"$""", RegexOption.MULTILINE)
            .findAll(catalog.substringAfter("[versions]").substringBefore("[libraries]"))
            .associate { it.groupValues[1] to it.groupValues[2] }

    @Test
    fun `every version Gradle uses is the one that was checked`() {
        val named = mapOf("jvmTarget" to "jvm-target")
        for ((name, version) in versions) {
            assertEquals(
                "$name in libs.versions.toml and checks/pom.xml",
                checked[named[name] ?: name],
                version,
            )
        }
    }

    @Test
    fun `every library that Gradle resolves is among those unpacked or declared here`() {
        val poms =
            listOf("pom.xml", "androidx/pom.xml", "androidx-test/pom.xml", "firebase/pom.xml", "core/pom.xml")
        val declared =
            poms
                .map {
                    gradle.resolve("checks/$it")
                }.filter { it.exists() }
                .joinToString("") { it.readText() }
        val modules = Regex("""module = "([^:]+):([^"]+)"""").findAll(catalog).map { it.groupValues }
        for ((_, group, artifact) in modules.filterNot { "gradle-plugin" in it[0] }) {
            val checkedHere =
                listOf("", "-android", "-jvm").any {
                    "<groupId>$group</groupId><artifactId>$artifact$it</artifactId>" in declared
                }
            assertTrue("$group:$artifact is checked nowhere", checkedHere)
        }
    }

    @Test
    fun `every library that a module imports is one its Gradle script declares`() {
        val libraries =
            mapOf(
                "androidx.activity" to "libs.activity.compose",
                "androidx.compose.foundation" to "libs.compose.foundation",
                "androidx.compose.material3" to "libs.compose.material3",
                "androidx.compose.ui" to "libs.compose.ui",
                "androidx.core" to "libs.androidx.core",
                "androidx.lifecycle.compose" to "libs.lifecycle.runtime.compose",
                "com.google.zxing" to "libs.zxing.core",
                "kotlinx.coroutines" to "libs.coroutines.android",
                "org.unifiedpush" to "libs.unifiedpush.connector",
            )
        // What ui declares so that whoever uses ui has it too.
        val givenOn = gradle.resolve("ui/build.gradle.kts").readLines().filter { "api(" in it }
        for (module in listOf("app", "ui")) {
            val sources = gradle.resolve("$module/src/main/kotlin").walk().filter { it.extension == "kt" }
            val imports = sources.flatMap { it.readLines() }.filter { it.startsWith("import ") }.toList()
            val script = gradle.resolve("$module/build.gradle.kts").readText() + givenOn
            for ((prefix, library) in libraries.filterKeys { name ->
                imports.any { it.startsWith("import $name.") }
            }) {
                assertTrue("$module imports $prefix and needs $library", "($library)" in script)
            }
        }
    }

    @Test
    fun `both builds have the same modules and packages`() {
        val settings = gradle.resolve("settings.gradle.kts").readText()
        val included = Regex("\":(\\w+)\"").findAll(settings).map { it.groupValues[1] }
        assertEquals(setOf("app", "core", "ui"), included.toSet())
        for ((module, namespace) in mapOf("app" to "dev.tocsin.pager", "ui" to "dev.tocsin.pager.ui")) {
            val script = gradle.resolve("$module/build.gradle.kts").readText()
            assertTrue("$module/build.gradle.kts", "namespace = \"$namespace\"" in script)
            val arguments =
                xml(
                    gradle.resolve("checks/$module/pom.xml"),
                ).documentElement.all("argument").map {
                    it.textContent
                }
            assertEquals("checks/$module/pom.xml", listOf(module, namespace), arguments.take(2))
        }
    }

    @Test
    fun `shrinking is on, with the rules that were checked`() {
        val script = gradle.resolve("app/build.gradle.kts").readText()
        assertTrue("isMinifyEnabled = true" in script)
        assertTrue("proguard-rules.pro" in script)
        assertTrue("consumer-rules.pro" in gradle.resolve("core/build.gradle.kts").readText())
    }
}
