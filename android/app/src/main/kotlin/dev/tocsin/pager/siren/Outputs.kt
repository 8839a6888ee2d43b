package dev.tocsin.pager.siren

import android.media.AudioDeviceInfo
import android.media.AudioManager
import android.util.Log
import dev.tocsin.core.Loudness
import dev.tocsin.core.sirenPcm

/** An output does not take the siren. */
class SoundRefused(
    /** Why, and what to do. */
    val text: String,
    cause: Throwable,
) : Exception(text, cause)

/**
 * Where the siren is heard: on the built-in speaker always, and besides on whatever is plugged in or
 * paired, because nobody knows whether the headphones are on a head or in a drawer.
 *
 * With nothing attached the system chooses. With something attached each is given a track of its own, so
 * that no maker's routing leaves one out and none gets two. What is attached may refuse its track: the
 * speaker alone decides whether the siren sounds.
 */
class Outputs(
    private val audio: AudioManager,
) {
    private val rate = SirenTrack.nativeRate()
    private val full by lazy { sirenPcm(rate, Loudness.FULL) }
    private val opening by lazy { sirenPcm(rate, Loudness.RAMP) }

    /** The speaker's, or the one where the system chose, comes first. */
    private var tracks = emptyList<SirenTrack>()
    private var devices = emptyList<Int>()
    private var silent = false

    /** Plays, or goes on playing if it does already, softer at first or not. Throws [SoundRefused]. */
    fun play(
        loudness: Loudness,
        silently: Boolean = false,
    ) {
        if (tracks.isNotEmpty() && tracks.all(SirenTrack::plays) && !changed() && silent == silently) return
        release()
        silent = silently
        val routes = routes()
        devices = ids(routes)
        tracks = listOf(track(loudness, routes.first()))
        tracks += routes.drop(1).mapNotNull { attached(loudness, it) }
    }

    /** How many samples the speaker has taken so far: while it is heard, it takes more. */
    fun taken(): Int = tracks.firstOrNull()?.taken ?: 0

    /** Whether it is to be heard elsewhere than where it plays. */
    fun changed(): Boolean = ids(routes()) != devices

    /** Silent at once. */
    fun release() {
        tracks.forEach(SirenTrack::release)
        tracks = emptyList()
    }

    private fun attached(
        loudness: Loudness,
        device: AudioDeviceInfo?,
    ) = try {
        track(loudness, device)
    } catch (refused: SoundRefused) {
        Log.w("tocsin", "the siren sounds from the speaker, not from what is attached: ${refused.text}")
        null
    }

    private fun track(
        loudness: Loudness,
        device: AudioDeviceInfo?,
    ) = when (loudness) {
        Loudness.RAMP -> SirenTrack(opening, full, device, silent)
        Loudness.FULL -> SirenTrack(null, full, device, silent)
    }

    private fun routes(): List<AudioDeviceInfo?> {
        val all = audio.getDevices(AudioManager.GET_DEVICES_OUTPUTS)
        val speaker = all.firstOrNull { it.type == AudioDeviceInfo.TYPE_BUILTIN_SPEAKER }
        val attached = all.filter { it.type in ATTACHED }
        return if (speaker == null || attached.isEmpty()) listOf(null) else listOf(speaker) + attached
    }

    private fun ids(routes: List<AudioDeviceInfo?>) = routes.map { it?.id ?: 0 }

    private companion object {
        /** What people wear or plug in, see https://developer.android.com/reference/android/media/AudioDeviceInfo. */
        val ATTACHED =
            setOf(
                AudioDeviceInfo.TYPE_BLUETOOTH_A2DP,
                AudioDeviceInfo.TYPE_BLE_HEADSET,
                AudioDeviceInfo.TYPE_BLE_SPEAKER,
                AudioDeviceInfo.TYPE_HEARING_AID,
                AudioDeviceInfo.TYPE_WIRED_HEADSET,
                AudioDeviceInfo.TYPE_WIRED_HEADPHONES,
                AudioDeviceInfo.TYPE_USB_HEADSET,
                AudioDeviceInfo.TYPE_USB_DEVICE,
                AudioDeviceInfo.TYPE_LINE_ANALOG,
            )
    }
}
