using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer;

/// <summary>Tells by their decoded pixels, labels and order whether images are those of an earlier run.</summary>
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

        public void Add(RgbImage image, long label)
        {
            ReadOnlySpan<long> description = [label, image.Width, image.Height];
            _hash.Append(MemoryMarshal.AsBytes(description));
            _hash.Append(image.Pixels.AsSpan(0, image.ByteCount));
            _count++;
        }

        public override string ToString() => $"{_count} with the hash {Convert.ToHexStringLower(_hash.GetCurrentHash())}";
    }
}
