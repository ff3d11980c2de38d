using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer;

/// <summary>
/// Tells by their pixels, or where they are files by names and lengths, and by their labels and order whether images are those of an
/// earlier run.
/// </summary>
internal sealed class ImageFingerprints
{
    private readonly Dictionary<string, Fingerprint> _byRole = [];

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

        /// <summary>Adds an image, a file that may not be decoded yet by its name and length, another one by its pixels.</summary>
        public void Add(ImageRow row)
        {
            if (row.Taken.Image is { Pixels: null, Path: { } path })
            {
                Add([row.Taken.Label!.Value, PlainFile.Target(path).Length]);
                _hash.Append(MemoryMarshal.AsBytes(Path.GetFileName(path.AsSpan())));
            }
            else
            {
                Add([row.Taken.Label!.Value, row.Image!.Width, row.Image.Height]);
                _hash.Append(row.Image.Pixels.AsSpan(0, row.Image.ByteCount));
            }
            _count++;
        }

        private void Add(ReadOnlySpan<long> numbers) => _hash.Append(MemoryMarshal.AsBytes(numbers));

        public override string ToString() => $"{_count} with the hash {Convert.ToHexStringLower(_hash.GetCurrentHash())}";
    }
}
