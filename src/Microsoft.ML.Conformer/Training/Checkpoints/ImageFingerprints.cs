using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Training.Checkpoints;

/// <summary>
/// Tells by their pixels, or where they are files by names and lengths, and by their labels and order whether images are those of an
/// earlier run.
/// </summary>
internal sealed class ImageFingerprints
{
    private readonly Dictionary<string, Fingerprint> _byRole = [];

    /// <summary>
    /// An image's own hash, by its label and, of a file that may not be decoded yet, name and length, of another image its pixels.
    /// </summary>
    public static UInt128 HashOf(ImageRow row)
    {
        var hash = new XxHash128();
        if (row.Taken.Image is { Pixels: null, Path: { } path })
        {
            Append([row.Taken.Label!.Value, PlainFile.Target(path).Length]);
            hash.Append(MemoryMarshal.AsBytes(Path.GetFileName(path.AsSpan())));
        }
        else
        {
            Append([row.Taken.Label!.Value, row.Image!.Width, row.Image.Height]);
            hash.Append(row.Image.Pixels.AsSpan(0, row.Image.ByteCount));
        }
        return hash.GetCurrentHashAsUInt128();

        void Append(ReadOnlySpan<long> numbers) => hash.Append(MemoryMarshal.AsBytes(numbers));
    }

    /// <summary>The fingerprint of the images of a role, training or validation, which begins empty.</summary>
    public Fingerprint Of(string role)
    {
        if (!_byRole.TryGetValue(role, out var fingerprint))
            _byRole[role] = fingerprint = new Fingerprint();
        return fingerprint;
    }

    /// <summary>Each role and its images' number and hash.</summary>
    public IEnumerable<(string Role, string Value)> All => _byRole.Select(entry => (entry.Key, entry.Value.ToString()));

    internal sealed class Fingerprint
    {
        private readonly XxHash128 _hash = new();
        private int _count;

        /// <summary>Adds an image by its <see cref="HashOf"/>.</summary>
        public void Add(ImageRow row) => Add(row.Hash!.Value);

        /// <summary>Adds an image by a hash of it and of all else that is learned from it.</summary>
        public void Add(UInt128 image)
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt128LittleEndian(bytes, image);
            _hash.Append(bytes);
            _count++;
        }

        public override string ToString() => $"{_count} with the hash {Convert.ToHexStringLower(_hash.GetCurrentHash())}";
    }
}
