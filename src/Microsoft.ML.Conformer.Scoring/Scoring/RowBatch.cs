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

    private readonly (RowImage? Image, BadImage Bad)[] _taken = new (RowImage?, BadImage)[capacity];

    public void Begin(long position) => (First, Count, Failure) = (position, 0, null);

    /// <summary>Takes the current row's image. Pixels are many, and prepared at once; files are left for later.</summary>
    public void Add(NetworkInputReader reader, DataViewRowId id)
    {
        Ids[Count] = id;
        var taken = _taken[Count] = reader.Take();
        if (taken.Image is null)
            Finish(Count, taken.Bad);
        else if (taken.Image.Pixels is not null)
            Prepare(reader, Count);
        Count++;
    }

    /// <summary>Decodes and prepares the images that are still to be, on all processors.</summary>
    public void Prepare(NetworkInputReader reader) => InParallel.For(Count, Environment.ProcessorCount, default, row =>
    {
        if (_taken[row].Image is not null)
            Prepare(reader, row);
    });

    private void Prepare(NetworkInputReader reader, int row) => Finish(row, reader.Prepare(_taken[row], ImagesOf(row)));

    private void Finish(int row, BadImage? bad)
    {
        Bad[row] = bad;
        if (bad is not null)
            ImagesOf(row).Clear();
        _taken[row] = default;
    }

    private Span<float> ImagesOf(int row) => Images.Slice(row * rowLength, rowLength).Span;
}
