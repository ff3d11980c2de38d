using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Room for consecutive rows of a data view: their ids, and their images as the network takes them.</summary>
internal sealed class RowBatch(int capacity, int rowLength)
{
    public int Capacity => capacity;

    public long First { get; private set; }

    /// <summary>Number of rows; fewer than there is room for where the data ended.</summary>
    public int Count { get; private set; }

    public long End => First + Count;

    /// <summary>What ended the reading too early, or null. Bad images do not.</summary>
    public ExceptionDispatchInfo? Failure { get; set; }

    /// <summary>[Capacity, rowLength]; zeros where a row has no usable image.</summary>
    public Memory<float> Images { get; } = new float[checked(capacity * rowLength)];

    public DataViewRowId[] Ids { get; } = new DataViewRowId[capacity];

    /// <summary>Why a row has no images; null where it has.</summary>
    public BadImage?[] Bad { get; } = new BadImage?[capacity];

    public void Begin(long position) => (First, Count, Failure) = (position, 0, null);

    public void Add(NetworkInputReader reader, DataViewRowId id)
    {
        var images = Images.Slice(Count * rowLength, rowLength).Span;
        Ids[Count] = id;
        if ((Bad[Count] = reader.TryRead(images)) is not null)
            images.Clear();
        Count++;
    }
}
