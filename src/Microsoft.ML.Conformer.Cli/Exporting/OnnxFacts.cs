using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Weights.Checkpoints;

namespace Conformer.Cli.Exporting;

/// <summary>What an ONNX file takes and gives.</summary>
internal sealed record OnnxFacts(
    string? File, long? Bytes, long? BytesBeside, IReadOnlyList<OnnxFacts.Value> Inputs, IReadOnlyList<OnnxFacts.Value> Outputs)
{
    /// <summary>Looks into a file, of which no weight is read.</summary>
    public static OnnxFacts OfFile(string path)
    {
        using var source = ByteSource.OpenFile(path);
        var beside = new FileInfo($"{path}.data");
        return Of(OnnxContent.Read(source)) with
        {
            File = path,
            Bytes = source.Length,
            BytesBeside = beside.Exists ? beside.Length : null,
        };
    }

    public static OnnxFacts Of(OnnxContent content) =>
        new(null, null, null, [.. content.Inputs.Select(Value.Of)], [.. content.Outputs.Select(Value.Of)]);

    public IEnumerable<(string Name, string Text)> Lines() =>
    [
        ("file", VisibleText.OfPath(File!)),
        ("size", Facts.Size(Bytes!.Value) + (BytesBeside is { } beside ? $", and {Facts.Size(beside)} in the file .data beside it" : "")),
        .. Ends(),
    ];

    /// <summary>A line for each input and output.</summary>
    public IEnumerable<(string Name, string Text)> Ends() =>
        Inputs.Select(value => ("input", value.ToString())).Concat(Outputs.Select(value => ("output", value.ToString())));

    /// <summary>A dimension is a number, or the name of a free one.</summary>
    internal sealed record Value(string Name, string Type, IReadOnlyList<string> Shape)
    {
        public static Value Of(ValueInfoProto info)
        {
            var tensor = info.Type?.TensorType;
            return new(
                info.Name, ((OnnxElementTypes)(tensor?.ElemType ?? 0)).ToString().ToLowerInvariant(),
                [.. tensor?.Shape?.Dim.Select(size => size.HasDimParam ? size.DimParam : Facts.Number(size.DimValue)) ?? []]);
        }

        public override string ToString() => $"{VisibleText.Of(Name)}: {Type} [{string.Join(", ", Shape.Select(VisibleText.Of))}]";
    }

    /// <summary>The types of tensors under NumPy's names, of which inputs and outputs have these.</summary>
    private enum OnnxElementTypes { Unknown = 0, Float32 = 1, UInt8 = 2, Int64 = 7, String = 8 }
}
