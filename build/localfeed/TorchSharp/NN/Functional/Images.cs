using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>How values between samples are found.</summary>
    public enum InterpolationMode
    {
        Nearest = 0,
        Linear = 1,
        Bilinear = 2,
        Bicubic = 3,
        Trilinear = 4,
        Area = 5,
        NearestExact = 6,
    }

    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>Resizes [N, C, H, W] to a size or by a factor for each of H and W.</summary>
            public static Tensor interpolate(
                Tensor x, long[]? size = null, double[]? scale_factor = null, InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null, bool recompute_scale_factor = false, bool antialias = false)
            {
                if (x.ndim != 4)
                    throw new NotSupportedException(
                        $"interpolate of {x.ndim}D input needs the package TorchSharp 0.107.0; this stand-in takes [N, C, H, W].");
                if (recompute_scale_factor && scale_factor is not null)
                    (size, scale_factor) = ([.. Enumerable.Range(0, 2).Select(d => (long)(x.size(2 + d) * Factor(scale_factor, d)))], null);
                Argument target = size, factors = scale_factor is null ? null : new[] { Factor(scale_factor, 0), Factor(scale_factor, 1) };
                var corners = align_corners ?? false;
                return (mode, antialias) switch
                {
                    (InterpolationMode.Nearest, false) => Aten.UpsampleNearest2dVec.Call(x, target, factors),
                    (InterpolationMode.NearestExact, false) => Aten.InternalUpsampleNearestExact2dVec.Call(x, target, factors),
                    (InterpolationMode.Bilinear, false) => Aten.UpsampleBilinear2dVec.Call(x, target, corners, factors),
                    (InterpolationMode.Bilinear, true) => Aten.InternalUpsampleBilinear2dAaVec.Call(x, target, corners, factors),
                    (InterpolationMode.Bicubic, false) => Aten.UpsampleBicubic2dVec.Call(x, target, corners, factors),
                    (InterpolationMode.Bicubic, true) => Aten.InternalUpsampleBicubic2dAaVec.Call(x, target, corners, factors),
                    (InterpolationMode.Area, false) when size is not null => adaptive_avg_pool2d(x, size),
                    _ => throw new NotSupportedException(
                        $"interpolate with {mode} (antialias {antialias}) needs the package TorchSharp 0.107.0; this stand-in lacks it."),
                };
            }

            /// <param name="input">The input.</param>
            /// <param name="pad">Elements to add before and after, for the last dimension first.</param>
            /// <param name="mode">What is added.</param>
            /// <param name="value">The constant for <see cref="PaddingModes.Constant"/>.</param>
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
            {
                var name = mode == PaddingModes.Zeros ? "constant" : mode.ToString().ToLowerInvariant();
                return Aten.Pad.Call(input, pad, name, name == "constant" ? value : Argument.None);
            }

            /// <inheritdoc cref="pad(Tensor, long[], PaddingModes, double)"/>
            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, pad.ToArray(), mode, value);

            /// <inheritdoc cref="pad(Tensor, long[], PaddingModes, double)"/>
            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2], mode, value);

            /// <inheritdoc cref="pad(Tensor, long[], PaddingModes, double)"/>
            public static Tensor pad(
                Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            private static double Factor(double[] factors, int dimension) => factors.Length == 1 ? factors[0] : factors[dimension];
        }
    }
}
