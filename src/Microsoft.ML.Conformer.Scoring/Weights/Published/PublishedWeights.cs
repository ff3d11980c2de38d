namespace Microsoft.ML.Conformer.Weights.Published;

/// <summary>
/// The Conformers that were published for ImageNet-1k, as mmpretrain hosts them (its configs/conformer/metafile.yml); Tiny, Small and
/// Base are the authors' own weights. The file names end in the first eight hex digits of the files' SHA-256.
/// </summary>
internal sealed record PublishedWeights(string Name, ConformerVariant Variant, Uri Url)
{
    private const int HashDigits = 8;
    private const string Host = "https://download.openmmlab.com/mmclassification/v0/conformer/";

    public static IReadOnlyList<PublishedWeights> All { get; } =
    [
        new("conformer-tiny-p16", ConformerVariant.Tiny, new(Host + "conformer-tiny-p16_3rdparty_8xb128_in1k_20211206-f6860372.pth")),
        new("conformer-small-p16", ConformerVariant.Small, new(Host + "conformer-small-p16_3rdparty_8xb128_in1k_20211206-3065dcf5.pth")),
        new("conformer-small-p32", ConformerVariant.SmallPatch32, new(Host + "conformer-small-p32_8xb128_in1k_20211206-947a0816.pth")),
        new("conformer-base-p16", ConformerVariant.Base, new(Host + "conformer-base-p16_3rdparty_8xb128_in1k_20211206-bfdf8637.pth")),
    ];

    public string FileName => Path.GetFileName(Url.LocalPath);

    /// <summary>The first hex digits of the file's SHA-256, in lower case.</summary>
    public string Sha256Prefix => Path.GetFileNameWithoutExtension(FileName)[^HashDigits..];

    /// <summary>The weights of this name, without regard to case, or null.</summary>
    public static PublishedWeights? Find(string name) =>
        All.FirstOrDefault(weights => weights.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
