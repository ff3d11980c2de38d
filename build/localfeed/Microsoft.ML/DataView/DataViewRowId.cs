using System.Numerics;

namespace Microsoft.ML.Data;

/// <summary>
/// A row's 128-bit identity. <see cref="Fork"/>, <see cref="Next"/> and <see cref="Combine"/> are rounds of the 128-bit MurmurHash3,
/// so that derived rows get distinct identities.
/// </summary>
public readonly struct DataViewRowId : IComparable<DataViewRowId>, IEquatable<DataViewRowId>
{
    private const ulong FirstMultiplier = 0x87c37b91114253d5;
    private const ulong SecondMultiplier = 0x4cf5ad432745937f;

    public readonly ulong Low;
    public readonly ulong High;

    public DataViewRowId(ulong low, ulong high)
    {
        Low = low;
        High = high;
    }

    /// <summary>An identity for a row made from this one, distinct from what <see cref="Next"/> gives.</summary>
    public DataViewRowId Fork()
    {
        var next = Next();
        return new(next.Low ^ (BitOperations.RotateLeft(FirstMultiplier, 31) * SecondMultiplier), next.High);
    }

    /// <summary>The next identity in a sequence.</summary>
    public DataViewRowId Next() => Mix(Low, High, 0);

    /// <summary>An identity for a row made from this row and <paramref name="other"/>.</summary>
    public DataViewRowId Combine(DataViewRowId other)
    {
        var forked = other.Fork();
        var low = BitOperations.RotateLeft(forked.Low * FirstMultiplier, 31) * SecondMultiplier;
        var high = BitOperations.RotateLeft(forked.High * SecondMultiplier, 33) * FirstMultiplier;
        return Mix(Low ^ low, High, high);
    }

    public int CompareTo(DataViewRowId other) => (High, Low).CompareTo((other.High, other.Low));

    public bool Equals(DataViewRowId other) => Low == other.Low && High == other.High;

    public override bool Equals(object obj) => obj is DataViewRowId other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Low, High);

    public override string ToString() => $"{High:x16}{Low:x16}";

    private static DataViewRowId Mix(ulong low, ulong high, ulong highKey)
    {
        low = (BitOperations.RotateLeft(low, 27) + high) * 5 + 0x52dce729;
        high = (BitOperations.RotateLeft(high ^ highKey, 31) + low) * 5 + 0x38495ab5;
        return new(low, high);
    }
}
