// Compose screens: they take a state and give intents back, and know no rules and no services.
plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.compose)
}

android {
    namespace = "dev.tocsin.pager.ui"
    compileSdk = libs.versions.compileSdk.get().toInt()
    defaultConfig {
        minSdk = libs.versions.minSdk.get().toInt()
    }
    compileOptions {
        sourceCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
        targetCompatibility = JavaVersion.toVersion(libs.versions.jvmTarget.get())
    }
    buildFeatures.compose = true

    // Tests run on this machine, with the real framework and the core as cargo built it for here.
    testOptions.unitTests.isIncludeAndroidResources = true
    sourceSets.named("test") {
        kotlin.directories += "../checks/support/src/main/kotlin"
        resources.directories += "../checks/support/src/main/resources"
    }
}

dependencies {
    api(project(":core"))
    api(libs.compose.ui)
    implementation(libs.androidx.core)
    implementation(libs.compose.foundation)
    implementation(libs.compose.material3)
    implementation(libs.coroutines.android)
    implementation(libs.lifecycle.runtime.compose)

    debugImplementation(libs.compose.ui.test.manifest)
    testImplementation(libs.androidx.test.core)
    testImplementation(libs.androidx.test.junit)
    testImplementation(libs.compose.ui.test.junit4)
    testImplementation(libs.jna)
    testImplementation(libs.junit)
    testImplementation(libs.robolectric)
}

tasks.withType<Test>().configureEach {
    val repository = rootDir.parentFile
    systemProperty("jna.library.path", repository.resolve("target/debug").path)
    systemProperty("tocsin.binary", repository.resolve("target/debug/tocsin").path)
    systemProperty("tocsin.screens", repository.resolve("target/android/screens").path)
    systemProperty("tocsin.documented", repository.resolve("docs/screens").path)
}
