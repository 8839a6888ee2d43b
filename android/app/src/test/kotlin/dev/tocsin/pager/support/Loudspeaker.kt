package dev.tocsin.pager.support

import android.media.AudioDeviceInfo
import android.media.AudioFormat
import android.media.AudioTrack
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.RealObject
import org.robolectric.shadows.ShadowAudioTrack
import java.util.concurrent.CopyOnWriteArrayList

/** What the phone's sound outputs were given, and what they make of it. */
class Loudspeaker : ShadowAudioTrack.OnAudioDataWrittenListener {
    /** Everything that was ever to be heard, oldest first. */
    val tracks = CopyOnWriteArrayList<AudioTrack>()

    /** What is heard now. */
    val playing: List<AudioTrack> get() = tracks.filter { it.playState == AudioTrack.PLAYSTATE_PLAYING }

    /** Where it was asked to be heard: the types of the devices, those of [AudioDeviceInfo]. */
    val heardFrom: List<Int?> get() = playing.map { it.preferredDevice?.type }

    /** Whether nothing comes out of it, though it plays. */
    @Volatile var stuck = false

    /** Which device takes no track; nothing is where the system would choose. */
    @Volatile var refuses: (AudioDeviceInfo?) -> Boolean = { false }

    /** Done while a track is being filled. */
    @Volatile var filling: () -> Unit = {}

    /** Hears all tracks from now on. */
    fun listen() {
        current = this
        ShadowAudioTrack.addAudioDataListener(this)
    }

    /** Hears no more. */
    fun leave() = ShadowAudioTrack.removeAudioDataListener(this)

    override fun onAudioDataWritten(
        track: AudioTrack,
        samples: ByteArray,
        format: AudioFormat,
    ) {
        tracks.addIfAbsent(track)
        filling()
    }

    /** Robolectric's track takes its samples at once and does not go on; this one does while it plays. */
    @Implements(AudioTrack::class)
    class Track : ShadowAudioTrack() {
        @RealObject private lateinit var track: AudioTrack
        private var device: AudioDeviceInfo? = null
        private var taken = 0

        /** Where it is to be heard. */
        @Implementation
        fun setPreferredDevice(wanted: AudioDeviceInfo?): Boolean {
            device = wanted
            return true
        }

        /** Where it is to be heard. */
        @Implementation
        fun getPreferredDevice(): AudioDeviceInfo? = device

        @Implementation
        override fun play() {
            check(!current.refuses(device)) { "no output" }
            super.play()
        }

        @Implementation
        override fun getPlaybackHeadPosition(): Int {
            if (track.playState == AudioTrack.PLAYSTATE_PLAYING && !current.stuck) taken += 1
            return taken
        }
    }

    private companion object {
        @Volatile lateinit var current: Loudspeaker
    }
}
