using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>Room for consecutive rows of a data view: their ids, and their images as a network takes them.</summary>
internal abstract class RowBatch(int capacity)
{
    public int Capacity => capacity;

    public long First { get; private set; }

    /// <summary>Number of rows; fewer than there is room for where the data ended.</summary>
    public int Count { get; private set; }

    public long End => First + Count;

    /// <summary>What ended the reading too early, or null. Bad images do not.</summary>
    public ExceptionDispatchInfo? Failure { get; set; }

    public DataViewRowId[] Ids { get; } = new DataViewRowId[capacity];

    /// <summary>Why a row has no images; null where it has.</summary>
    public BadImage?[] Bad { get; } = new BadImage?[capacity];

    private readonly (RowImage? Image, BadImage Bad)[] _taken = new (RowImage?, BadImage)[capacity];

    public void Begin(long position) => (First, Count, Failure) = (position, 0, null);

    /// <summary>Takes the current row's image. Pixels are many, and prepared at once; files are left for later.</summary>
    public void Add(NetworkImageReader reader, DataViewRowId id)
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
    public void Prepare(NetworkImageReader reader) => InParallel.For(Count, Environment.ProcessorCount, default, row =>
    {
        if (_taken[row].Image is not null)
            Prepare(reader, row);
    });

    private void Prepare(NetworkImageReader reader, int row) => Finish(row, reader.Prepare(_taken[row], photo => Write(photo, row)));

    private void Finish(int row, BadImage? bad)
    {
        Bad[row] = bad;
        if (bad is not null)
            Clear(row);
        _taken[row] = default;
    }

    /// <summary>Prepares a row's photo; several rows' at once.</summary>
    protected abstract void Write(RgbImage photo, int row);

    /// <summary>Empties the place of a row without a usable image.</summary>
    protected abstract void Clear(int row);
}
