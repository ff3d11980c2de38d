using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>Draws what augmentation makes of images: a row for each, its center crop, its variants, and these in mixed batches.</summary>
internal sealed class AugmentedExamples(ImageDataset photos, ImageAugmentation augmentation, BatchMixing? mixing, int seed)
{
    /// <summary>The most images, and the most variants of each.</summary>
    public const int Most = 32;

    /// <summary>Larger images are shown at this many pixels.</summary>
    private const int LargestCell = 256;

    private readonly ImagePreprocessor _preprocessor = photos.Preprocessor;

    private int CellSize => Math.Min(_preprocessor.ImageSize, LargestCell);

    public void WritePng(Stream stream, int variants)
    {
        var sheet = new Sheet(rows: photos.Count, columns: 1 + (mixing is null ? variants : 2 * variants), CellSize);
        for (var row = 0; row < photos.Count; row++)
            Draw(sheet, row, 0, CenterCrop(row));
        for (var variant = 0; variant < variants; variant++)
        {
            var values = Variants(variant);
            DrawColumn(sheet, 1 + variant, values);
            if (mixing is not null)
                DrawColumn(sheet, 1 + variants + variant, Mixed(mixing, values, variant));
        }
        sheet.WritePng(stream);
    }

    private byte[] CenterCrop(int photo)
    {
        var crop = new byte[_preprocessor.ByteCount];
        using var lease = photos.Rent(photo);
        _preprocessor.CenterCrop(lease.Image, crop);
        return crop;
    }

    /// <summary>One variant of each photo, normalized, [N, S, S, 3].</summary>
    private float[] Variants(int variant)
    {
        var values = new float[photos.Count * _preprocessor.ByteCount];
        for (var photo = 0; photo < photos.Count; photo++)
        {
            using var lease = photos.Rent(photo);
            var random = new ImageRandom(seed, epoch: -1 - variant, photo);
            augmentation.Apply(lease.Image, _preprocessor, random, values.AsSpan(photo * _preprocessor.ByteCount, _preprocessor.ByteCount));
        }
        return values;
    }

    private float[] Mixed(BatchMixing mixing, float[] values, int variant)
    {
        using var scope = NewDisposeScope();
        var images = tensor(values).view(photos.Count, _preprocessor.ImageSize, _preprocessor.ImageSize, 3).permute(0, 3, 1, 2);
        var (mixed, _) = mixing.Apply(images, [tensor(photos.Labels.ToArray())], epoch: -1 - variant, batch: 0);
        return mixed.permute(0, 2, 3, 1).contiguous().data<float>().ToArray();
    }

    private void DrawColumn(Sheet sheet, int column, float[] values)
    {
        var colors = new byte[_preprocessor.ByteCount];
        for (var row = 0; row < photos.Count; row++)
        {
            _preprocessor.Denormalize(values.AsSpan(row * colors.Length, colors.Length), colors);
            Draw(sheet, row, column, colors);
        }
    }

    private void Draw(Sheet sheet, int row, int column, byte[] colors)
    {
        var image = new RgbImage(_preprocessor.ImageSize, _preprocessor.ImageSize, colors);
        if (image.Width > CellSize)
            image = Resampler.Resize(image, CellSize, CellSize, _preprocessor.Kernel);
        sheet.Draw(row, column, image);
    }

    /// <summary>A white picture with square cells.</summary>
    private sealed class Sheet
    {
        private const int Gap = 2;

        private readonly int _cellSize, _width, _height;
        private readonly byte[] _pixels;

        public Sheet(int rows, int columns, int cellSize)
        {
            (_cellSize, _width, _height) = (cellSize, columns * (cellSize + Gap) - Gap, rows * (cellSize + Gap) - Gap);
            _pixels = new byte[_width * _height * RgbImage.Channels];
            _pixels.AsSpan().Fill(byte.MaxValue);
        }

        public void Draw(int row, int column, RgbImage image)
        {
            var rowBytes = _cellSize * RgbImage.Channels;
            for (int y = 0, from = 0; y < _cellSize; y++, from += rowBytes)
            {
                var to = ((row * (_cellSize + Gap) + y) * _width + column * (_cellSize + Gap)) * RgbImage.Channels;
                image.Pixels.AsSpan(from, rowBytes).CopyTo(_pixels.AsSpan(to));
            }
        }

        public void WritePng(Stream stream) => stream.Write(new RgbImage(_width, _height, _pixels).ToPng());
    }
}
