// The Rust core as an Android library: its generated Kotlin (dev.tocsin.core) and one native library for
// each kind of processor. Nothing here is written by hand, and nothing generated is committed.
plugins {
    alias(libs.plugins.android.library)
}

android {
    namespace = "dev.tocsin.core"
    compileSdk = libs.versions.compileSdk.get().toInt()
    defaultConfig {
        minSdk = libs.versions.minSdk.get().toInt()
        consumerProguardFiles("consumer-rules.pro")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
        targetCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
    }
}

dependencies {
    // The archive carries JNA's own native library for each kind of processor.
    api(variantOf(libs.jna) { artifactType("aar") })
    implementation(libs.coroutines.android)
}

val repository: Directory = layout.projectDirectory.dir("../..")

/** Runs one cargo command of the workspace that writes what it makes to [out]. */
abstract class Cargo
    @Inject
    constructor(
        private val exec: ExecOperations,
    ) : DefaultTask() {
        /** The command line; `OUT` stands for the folder of [out]. */
        @get:Input
        abstract val command: ListProperty<String>

        /** The workspace's root. */
        @get:Internal
        abstract val workspace: DirectoryProperty

        /** What decides the result: a change of these runs the command again. */
        @get:InputFiles
        @get:PathSensitive(PathSensitivity.RELATIVE)
        abstract val sources: ConfigurableFileCollection

        @get:OutputDirectory
        abstract val out: DirectoryProperty

        @TaskAction
        fun run() {
            exec.exec {
                workingDir = workspace.get().asFile
                commandLine = command.get().map { if (it == "OUT") out.get().asFile.path else it }
            }
        }
    }

fun cargo(
    name: String,
    vararg command: String,
) = tasks.register<Cargo>(name) {
    this.command = listOf("cargo", *command)
    workspace = repository
    sources.from(repository.file("Cargo.lock"), repository.dir("bindings"), repository.dir("core"))
}

val kotlinBindings = cargo("kotlinBindings", "xtask", "bindings", "kotlin", "--out", "OUT")

// `cargo build` would leave link-time optimisation out, because the crate is a Rust library as well
// (rust-lang/cargo#9672). 16 KB pages need NDK r28 or newer. scripts/size builds it alike.
val nativeLibraries =
    cargo(
        "nativeLibraries",
        "ndk",
        *listOf("arm64-v8a", "armeabi-v7a", "x86_64").flatMap { listOf("--target", it) }.toTypedArray(),
        "--platform",
        libs.versions.minSdk.get(),
        "--output-dir",
        "OUT",
        "rustc",
        "--config",
        "bindings/ffi/phone.toml",
        "--locked",
        "--profile",
        "phone",
        "--features",
        "phone",
        "--package",
        "tocsin-ffi",
        "--lib",
        "--crate-type",
        "cdylib",
    )

androidComponents {
    onVariants { variant ->
        variant.sources.kotlin?.addGeneratedSourceDirectory(kotlinBindings, Cargo::out)
        variant.sources.jniLibs?.addGeneratedSourceDirectory(nativeLibraries, Cargo::out)
    }
}
