package dev.tocsin.pager.apk

import org.jf.dexlib2.AccessFlags
import org.jf.dexlib2.DexFileFactory
import org.jf.dexlib2.Opcodes
import org.jf.dexlib2.iface.ClassDef
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File
import java.lang.reflect.Modifier

/** What R8 must leave as it is, because native code or the system finds it by its name. */
class ShrinkingTest {
    /** By name, as R8 left them in every dex file of the package. */
    private val shrunk: Map<String, ClassDef> by lazy {
        val container = DexFileFactory.loadDexContainer(apk, Opcodes.getDefault())
        container.dexEntryNames
            .flatMap { container.getEntry(it)!!.dexFile.classes }
            .associateBy { it.type.removeSurrounding("L", ";").replace('/', '.') }
    }

    /** The classes that UniFFI generated, as they were compiled. */
    private val generated: List<Class<*>> by lazy {
        val root = built.resolve("core/classes")
        root
            .walk()
            .filter { it.extension == "class" }
            .map {
                it
                    .relativeTo(root)
                    .path
                    .removeSuffix(".class")
                    .replace(File.separatorChar, '.')
            }.map { Class.forName(it, false, javaClass.classLoader) }
            .toList()
    }

    @Test
    fun `what the core calls back and the structures it fills keep names and members`() {
        val forNative = generated.filter { isForNativeCode(it) }
        assertTrue("UniFFI generates callbacks and structures", forNative.size > 20)
        for (type in forNative) {
            val left = shrunk[type.name] ?: throw AssertionError("R8 removed or renamed ${type.name}")
            val members = left.methods.map { it.name } + left.fields.map { it.name }
            val wanted =
                type.declaredMethods.filterNot { it.isSynthetic }.map { it.name } +
                    type.declaredFields.map { it.name }
            assertEquals("${type.name} lost", emptySet<String>(), wanted.toSet() - members.toSet())
        }
    }

    @Test
    fun `functions of the core are bound by the names they are exported with`() {
        val exported =
            generated.associate { type ->
                type.name to type.declaredMethods.filter { Modifier.isNative(it.modifiers) }.map { it.name }
            }
        val bound =
            shrunk
                .mapValues { (_, type) -> type.methods.filter { AccessFlags.NATIVE.isSet(it.accessFlags) } }
                .mapValues { (_, methods) -> methods.map { it.name }.filter { "tocsin_ffi" in it } }
                .filterValues { it.isNotEmpty() }
        assertTrue("R8 removed or renamed UniffiLib", "dev.tocsin.core.UniffiLib" in bound)
        for ((type, functions) in bound) {
            val known = exported[type] ?: throw AssertionError("R8 moved functions of the core to $type")
            assertEquals(
                "$type binds what nobody exports",
                emptySet<String>(),
                functions.toSet() - known.toSet(),
            )
        }
    }

    @Test
    fun `a library of another version than the Kotlin is found out at the start`() {
        val check = checkNotNull(shrunk["dev.tocsin.core.IntegrityCheckingUniffiLib"]) { "R8 removed it" }
        val asked = check.methods.filter { AccessFlags.NATIVE.isSet(it.accessFlags) }.map { it.name }
        assertTrue("R8 removed the version check", "ffi_tocsin_ffi_uniffi_contract_version" in asked)
        assertTrue("and the checksums", asked.any { "_checksum_" in it })
    }

    @Test
    fun `the classes of JNA that its native library looks up are there`() {
        val wanted =
            listOf(
                "Native",
                "Pointer",
                "Structure",
                "Callback",
                "CallbackReference",
                "NativeMapped",
                "IntegerType",
            )
        assertEquals(emptyList<String>(), wanted.map { "com.sun.jna.$it" } - shrunk.keys)
    }

    @Test
    fun `every component that the system starts by name is there`() {
        val named =
            manifest.all("application", "activity", "service", "receiver", "provider").mapNotNull {
                it.android("name")
            }
        assertEquals(emptyList<String>(), named - shrunk.keys)
    }

    @Test
    fun `what nobody uses is gone`() {
        val unused = "androidx.compose.material3.DatePickerKt"
        Class.forName(unused, false, javaClass.classLoader)
        assertTrue("R8 did not shrink", unused !in shrunk)
    }

    private fun isForNativeCode(type: Class<*>): Boolean =
        listOf("com.sun.jna.Callback", "com.sun.jna.Structure", "com.sun.jna.Library")
            .map { Class.forName(it, false, javaClass.classLoader) }
            .any { it.isAssignableFrom(type) }
}
