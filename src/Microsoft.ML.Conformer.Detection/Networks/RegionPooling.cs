using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// RoIAlign (He et al., ICCV 2017): regions of feature maps resampled to B x B values each. A region's mean of bilinear samples is a
/// product of three matrices, rows' weights, map and columns' weights, of which the map's part under the region alone is needed; so it
/// takes no operator of its own, and libtorch knows its gradients.
/// </summary>
internal static class RegionPooling
{
    /// <summary>The most values that are gathered from a map at once, 64 MB; they are kept for the backward pass.</summary>
    private const long ValuesAtOnce = 1 << 24;

    /// <summary>Takes each region from the map that suits its size.</summary>
    /// <param name="architecture">Says which map that is.</param>
    /// <param name="maps">The pyramid's maps, [N, channels, H, W], the finest first.</param>
    /// <param name="regions">The regions, in pixels of the images.</param>
    /// <param name="bins">B.</param>
    /// <returns>[K, channels, B, B], in the regions' order, channels-last.</returns>
    public static Tensor Pool(
        DetectorArchitecture architecture, IReadOnlyList<Tensor> maps, IReadOnlyList<Region> regions, int bins)
    {
        if (regions.Count == 0)
            return zeros([0, maps[0].shape[1], bins, bins], maps[0].dtype, maps[0].device);
        using var scope = NewDisposeScope();
        var (pooled, places) = (new List<Tensor>(), new long[regions.Count]);
        var done = 0;
        foreach (var ofMap in regions.Index().GroupBy(region => architecture.MapOf(region.Item.Box)).OrderBy(group => group.Key))
        {
            pooled.Add(Pool(maps[ofMap.Key], 1f / (4 << ofMap.Key), [.. ofMap.Select(region => region.Item)], bins));
            foreach (var region in ofMap)
                places[region.Index] = done++;
        }
        return cat(pooled).index_select(0, tensor(places, device: maps[0].device)).MoveToOuterDisposeScope();
    }

    /// <summary>Takes regions from one map.</summary>
    /// <param name="map">[N, channels, H, W], channels-last.</param>
    /// <param name="scale">The map's pixels over the image's.</param>
    /// <param name="regions">At least one.</param>
    /// <param name="bins">B.</param>
    /// <param name="samples">Samples of a bin in each direction; 0 (default) for as many as it has pixels of the map, rounded up.</param>
    /// <param name="isAligned">
    /// Whether a pixel's value is that of its center (default), as in mmdetection's detectors; otherwise that of its corner, and regions
    /// are at least a pixel wide and high.
    /// </param>
    /// <returns>[K, channels, B, B], channels-last.</returns>
    public static Tensor Pool(
        Tensor map, float scale, IReadOnlyList<Region> regions, int bins, int samples = 0, bool isAligned = true)
    {
        using var scope = NewDisposeScope();
        var (n, channels, height, width) = (map.shape[0], map.shape[1], (int)map.shape[2], (int)map.shape[3]);
        AxisWeights Weights(float from, float to, int side) => AxisWeights.Of(from, to, scale, side, bins, samples, isAligned);
        var rows = regions.Select(region => Weights(region.Box.Y0, region.Box.Y1, height)).ToList();
        var columns = regions.Select(region => Weights(region.Box.X0, region.Box.X1, width)).ToList();
        var pixels = map.permute(0, 2, 3, 1).reshape(n * height * width, channels);
        // Regions that are alike in size are gathered together, so that few pixels are gathered in vain.
        int[] order = [.. Enumerable.Range(0, regions.Count).OrderByDescending(i => (long)rows[i].Count * columns[i].Count)];
        var (pooled, places) = (new List<Tensor>(), new long[regions.Count]);
        for (int start = 0, count; start < order.Length; start += count)
        {
            var (tallest, widest) = (0, 0);
            for (count = 0; start + count < order.Length; count++)
            {
                var (h, w) = (Math.Max(tallest, rows[order[start + count]].Count), Math.Max(widest, columns[order[start + count]].Count));
                if (count > 0 && (count + 1L) * h * w * channels > ValuesAtOnce)
                    break;
                (tallest, widest) = (h, w);
                places[order[start + count]] = start + count;
            }
            var some = order.AsSpan(start, count);
            pooled.Add(Gathered(pixels, regions, some, rows, columns, (tallest, widest), (height, width), bins));
        }
        var all = cat(pooled).index_select(0, tensor(places, device: map.device)); // [K, B, B, channels]
        return all.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Some regions, [K, B, B, channels].</summary>
    private static Tensor Gathered(Tensor pixels, IReadOnlyList<Region> regions, ReadOnlySpan<int> some, List<AxisWeights> rows,
        List<AxisWeights> columns, (int Height, int Width) window, (int Height, int Width) map, int bins)
    {
        var (k, (h, w), channels) = (some.Length, window, pixels.shape[1]);
        var (indices, rowWeights, columnWeights) = (new long[k * h * w], new float[k * bins * h], new float[k * bins * w]);
        for (var i = 0; i < k; i++)
        {
            var (row, column) = (rows[some[i]], columns[some[i]]);
            for (var y = 0; y < h; y++)
            {
                // Beyond its own window a region's weights are 0, and any pixel will do.
                var start = (((long)regions[some[i]].Image * map.Height) + Math.Min(row.Start + y, map.Height - 1)) * map.Width;
                for (var x = 0; x < w; x++)
                    indices[(((i * h) + y) * w) + x] = start + Math.Min(column.Start + x, map.Width - 1);
            }
            row.CopyTo(rowWeights.AsSpan(i * bins * h, bins * h), h);
            column.CopyTo(columnWeights.AsSpan(i * bins * w, bins * w), w);
        }
        var gathered = pixels.index_select(0, tensor(indices, device: pixels.device)).view(k, h, w * channels);
        Tensor Weights(float[] values, params long[] shape) => tensor(values, device: pixels.device).to(pixels.dtype).view(shape);
        var down = Weights(rowWeights, k, bins, h).bmm(gathered).view(k * bins, w, channels);
        var across = Weights(columnWeights, k, 1, bins, w).expand(k, bins, bins, w).reshape(k * bins, bins, w);
        return across.bmm(down).view(k, bins, bins, channels);
    }

    /// <summary>The weights with which the pixels of a row or column of a map enter the bins of a region.</summary>
    /// <param name="Start">The first pixel that has any.</param>
    /// <param name="Count">Pixels from there on; at least 1.</param>
    /// <param name="Values">[B, Count].</param>
    private sealed record AxisWeights(int Start, int Count, float[] Values)
    {
        public static AxisWeights Of(float from, float to, float scale, int side, int bins, int samples, bool isAligned)
        {
            var offset = isAligned ? 0.5f : 0;
            var start = (from * scale) - offset;
            var size = (to * scale) - offset - start;
            if (!isAligned)
                size = Math.Max(size, 1);
            var bin = size / bins;
            var count = samples > 0 ? samples : (int)MathF.Ceiling(bin);
            var (low, high) = (Clamped(start), Clamped(start + Math.Max(size, 0)) + 1);
            var width = Math.Min(high, side - 1) - low + 1;
            var values = new float[bins * width];
            for (var i = 0; i < bins * count; i++)
            {
                var at = start + (i / count * bin) + (((i % count) + 0.5f) * bin / count);
                if (at < -1 || at > side)
                    continue;
                at = Math.Max(at, 0);
                var pixel = Math.Min((int)at, side - 1);
                var share = pixel == side - 1 ? 0 : at - pixel;
                var place = (i / count * width) + pixel - low;
                values[place] += (1 - share) / count;
                if (share > 0)
                    values[place + 1] += share / count;
            }
            return new AxisWeights(low, width, values);

            int Clamped(float place) => (int)Math.Clamp(place, 0, side - 1);
        }

        /// <summary>Puts the weights into rows of another width, whose rest stays 0.</summary>
        public void CopyTo(Span<float> destination, int width)
        {
            for (var bin = 0; bin * Count < Values.Length; bin++)
                Values.AsSpan(bin * Count, Count).CopyTo(destination[(bin * width)..]);
        }
    }
}

/// <summary>A box in one of the images of a batch.</summary>
internal readonly record struct Region(int Image, Box Box);
