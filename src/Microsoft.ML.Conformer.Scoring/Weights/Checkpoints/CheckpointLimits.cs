namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>What a weight file may ask of its reader: far above any Conformer's, and met before it costs time or memory.</summary>
internal static class CheckpointLimits
{
    /// <summary>Bytes of one pickle. A training checkpoint of 718 tensors has below 1 MB.</summary>
    public const long MaxPickleBytes = 64L << 20;

    /// <summary>Opcodes in one pickle; each makes one value at most. A training checkpoint of a small Conformer has 24,000.</summary>
    public const int MaxPickleOperations = 500_000;

    /// <summary>Values on the pickle machine's stack, where a tuple's members lie until it is built (ImageNet-21k has 21,841).</summary>
    public const int MaxPickleStack = 65_536;

    /// <summary>Bytes of a pickled integer; the legacy container's magic number has 10.</summary>
    public const int MaxIntegerBytes = 64;

    /// <summary>Bytes of a pickled global's module or name, and characters of a tensor's name.</summary>
    public const int MaxNameLength = 1024;

    public const int MaxTensors = 65_536;

    public const int MaxDimensions = 16;

    /// <summary>Elements of a tensor that repeats its storage by strides of 0: 64 MB as fp32. The file's length bounds any other.</summary>
    public const long MaxExpandedElements = 1L << 24;

    public const int MaxZipEntries = 200_000;

    public const long MaxZipDirectoryBytes = 64L << 20;

    /// <summary>Deflate cannot expand by more than this; a larger claim is false.</summary>
    public const long MaxDeflateRatio = 1032;

    /// <summary>Bytes that all compressed entries may expand to, beyond 16 times the file's length: weights hardly compress.</summary>
    public const long MaxInflatedBytes = 4L << 20;

    public const int MaxInflatedRatio = 16;

    /// <summary>Bytes of a safetensors header; the format's own limit.</summary>
    public const long MaxSafetensorsHeaderBytes = 100_000_000;

    /// <summary>Nested JSON objects and arrays in a safetensors header; the format needs three.</summary>
    public const int MaxJsonDepth = 8;

    /// <summary>Bytes that are read, checked and decoded at a time: they stay in the processor's cache.</summary>
    public const int ChunkBytes = 256 << 10;
}
