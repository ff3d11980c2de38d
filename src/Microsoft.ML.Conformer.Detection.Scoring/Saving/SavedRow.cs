using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Detection.Saving;

/// <summary>What a saved network adds to each row, for ML.NET to look up the network by.</summary>
internal sealed class NetworkKeys
{
    /// <summary>The number of each piece, from 0; there may be fewer of them.</summary>
    [ColumnName(SavedPipeline.KeyColumn)]
    [VectorType(PackedText.MostPieces)]
    public int[] Keys { get; set; } = [];
}

/// <summary>A row without any columns that are needed.</summary>
internal sealed class AnyRow;

/// <summary>A row with a photo and a network.</summary>
internal interface ISavedRow
{
    /// <summary>The network, the same text in all rows; pieces that there are not are empty.</summary>
    VBuffer<ReadOnlyMemory<char>> Network { get; }

    RgbImage Read(ImageDecoding decoding);
}

/// <summary>A row with the path of a photo.</summary>
internal sealed class PathRow : ISavedRow
{
    /// <inheritdoc/>
    [ColumnName(SavedPipeline.NetworkColumn)]
    [VectorType(PackedText.MostPieces)]
    public VBuffer<ReadOnlyMemory<char>> Network { get; set; }

    [ColumnName(SavedPipeline.PhotoColumn)]
    public ReadOnlyMemory<char> Photo { get; set; }

    public RgbImage Read(ImageDecoding decoding) => new RowImage(null, null, Photo.ToString()).Decode(decoding);
}

/// <summary>A row with a photo of any size, which ML.NET has decoded.</summary>
internal sealed class PhotoRow : ISavedRow
{
    /// <inheritdoc/>
    [ColumnName(SavedPipeline.NetworkColumn)]
    [VectorType(PackedText.MostPieces)]
    public VBuffer<ReadOnlyMemory<char>> Network { get; set; }

    [ColumnName(SavedPipeline.PhotoColumn)]
    [ImageType(1, 1)]
    public MLImage? Photo { get; set; }

    public RgbImage Read(ImageDecoding decoding) => RgbImage.FromMLImage(
        Photo ?? throw new InvalidDataException("A row holds no image; it cannot be scored."), decoding.Background);
}
