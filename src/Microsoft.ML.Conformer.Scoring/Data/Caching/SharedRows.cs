using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>
/// The rows of a group whose processes decode them in turn: each tells the others what it knows of its own, so that all know all rows.
/// </summary>
/// <param name="group">The processes.</param>
/// <param name="files">Where they keep the pixels; null where they do not.</param>
/// <param name="areOfFiles">Whether the images are files, whose paths all processes know.</param>
internal sealed class SharedRows(IReadingGroup group, SharedFiles? files, bool areOfFiles)
{
    /// <summary>Bounds what is exchanged at once, whatever the number of rows.</summary>
    private const int RowsAtOnce = 1 << 16;

    [Flags]
    private enum Known : byte
    {
        Nothing = 0,
        IsBad = 1,
        HasReason = 2,
        HasPath = 4,
        IsDull = 8,
        HasHash = 16,
        IsStored = 32,
    }

    /// <summary>Makes sure that all processes have the same rows in the same order.</summary>
    /// <exception cref="InvalidOperationException">They do not; the message says which has what.</exception>
    public void EnsureSame(IReadOnlyCollection<TakenRow> rows)
    {
        var hash = new XxHash64();
        foreach (var row in rows)
        {
            hash.Append(MemoryMarshal.AsBytes<long>([row.Row, row.Label ?? -1, areOfFiles ? row.Path?.Length ?? -1 : 0]));
            if (areOfFiles)
                hash.Append(MemoryMarshal.AsBytes(row.Path.AsSpan()));
        }
        var all = group.Gather([.. MemoryMarshal.AsBytes<ulong>([(ulong)rows.Count, hash.GetCurrentHashAsUInt64()])], "the number of rows")
            .Select(bytes => MemoryMarshal.Cast<byte, ulong>(bytes).ToArray()).ToList();
        const string rule = "The data must be the same and in the same order on all ranks.";
        if (all.Any(known => known[0] != all[0][0]))
            throw new InvalidOperationException(
                $"{rule} But {string.Join(", ", all.Select((known, rank) => $"rank {rank} has {known[0]} rows"))}.");
        if (all.FindIndex(known => known[1] != all[0][1]) is var other and > 0)
            throw new InvalidOperationException(
                $"{rule} But the labels{(areOfFiles ? " or files" : "")} of rank {other} differ from those of rank 0, though both have " +
                $"{rows.Count} rows. Where rows are shuffled, let all ranks use the same seed.");
    }

    /// <summary>
    /// Reads rows to their end, keeps the pixels of those of this process's turn, and gives all rows in their order as all processes know
    /// them, without pixels.
    /// </summary>
    /// <param name="decoded">All rows; those of other processes' turns are without image and fault.</param>
    public IEnumerable<(ImageRow Row, StoredImage? Stored)> Complete(IEnumerable<ImageRow> decoded)
    {
        var (rows, blocks) = (new List<TakenRow>(), new List<byte[]>());
        using var known = new MemoryStream();
        using var writer = new BinaryWriter(known);
        foreach (var row in decoded)
        {
            if (row.Taken.Label is not null && row.Taken.Decoder == group.Rank)
                Write(writer, row);
            rows.Add(row.Taken with { Image = null, Cause = null });
            if (rows.Count % RowsAtOnce == 0)
                EndBlock();
        }
        EndBlock();
        if (!areOfFiles)
            EnsureSame(rows); // of files it was before they were decoded

        for (var block = 0; block < blocks.Count; block++)
        {
            var readers = group.Gather(blocks[block], "what is known of images")
                .Select(bytes => new BinaryReader(new MemoryStream(bytes))).ToArray();
            for (var i = block * RowsAtOnce; i < Math.Min((block + 1) * RowsAtOnce, rows.Count); i++)
                yield return rows[i].Label is null ? (new ImageRow(rows[i], null, null), null) : Read(readers[rows[i].Decoder], rows[i]);
        }

        void EndBlock()
        {
            blocks.Add(known.ToArray());
            known.SetLength(0);
        }
    }

    private void Write(BinaryWriter writer, ImageRow row)
    {
        var path = areOfFiles ? null : row.Taken.Path;
        var reason = row.Fault?.Cause is null ? null : row.Fault.Reason;
        StoredImage? stored = row.Image is { } image ? files?.Append(image) : null;
        writer.Write((byte)(When(row.Fault is not null, Known.IsBad) | When(reason is not null, Known.HasReason) |
            When(path is not null, Known.HasPath) | When(row.IsDull, Known.IsDull) | When(row.Hash is not null, Known.HasHash) |
            When(stored is not null, Known.IsStored)));
        if (path is not null)
            WriteText(writer, path);
        if (reason is not null)
            WriteText(writer, reason);
        if (row.Hash is { } hash)
            writer.Write(MemoryMarshal.AsBytes([hash]));
        if (stored is not { } place)
            return;
        writer.Write7BitEncodedInt64(place.Offset);
        writer.Write7BitEncodedInt(place.Width);
        writer.Write7BitEncodedInt(place.Height);

        static Known When(bool condition, Known known) => condition ? known : Known.Nothing;
    }

    private (ImageRow Row, StoredImage? Stored) Read(BinaryReader reader, TakenRow row)
    {
        var known = (Known)reader.ReadByte();
        if (known.HasFlag(Known.HasPath))
            row = row with { Path = ReadText(reader) };
        // The error itself cannot travel; its text stays as it is when it is made visible once more.
        var cause = known.HasFlag(Known.HasReason) ? new InvalidDataException(ReadText(reader)) : null;
        var complete = new ImageRow(row, null, known.HasFlag(Known.IsBad) ? row.Fault(cause) : null)
        {
            IsDull = known.HasFlag(Known.IsDull),
            Hash = known.HasFlag(Known.HasHash) ? MemoryMarshal.Read<UInt128>(reader.ReadBytes(16)) : null,
        };
        return (complete, known.HasFlag(Known.IsStored)
            ? new StoredImage(files![row.Decoder], reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt())
            : null);
    }

    /// <summary>As it is in memory: a path may have what no encoding has.</summary>
    private static void WriteText(BinaryWriter writer, string text)
    {
        writer.Write7BitEncodedInt(text.Length);
        writer.Write(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private static string ReadText(BinaryReader reader) =>
        MemoryMarshal.Cast<byte, char>(reader.ReadBytes(sizeof(char) * reader.Read7BitEncodedInt())).ToString();
}
