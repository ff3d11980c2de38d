using System.Text.Json.Serialization;
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

    /// <summary>Says all of it on the standard output.</summary>
    public void Print(bool asJson)
    {
        if (asJson)
            Facts.PrintJson(this);
        else
            Facts.Print(Lines());
    }

    private IEnumerable<(string Name, string Text)> Lines() =>
    [
        ("file", VisibleText.OfPath(File!)),
        ("size", Facts.Size(Bytes!.Value) + (BytesBeside is { } beside ? $", and {Facts.Size(beside)} in the file .data beside it" : "")),
        .. Ends(),
    ];

    /// <summary>A line for each input and output.</summary>
    public IEnumerable<(string Name, string Text)> Ends() =>
        Inputs.Select(value => ("input", value.Text)).Concat(Outputs.Select(value => ("output", value.Text)));

    /// <summary>An input or an output.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Type">Its elements' type, under NumPy's name.</param>
    /// <param name="Shape">Its sizes; -1 for a free one.</param>
    /// <param name="Text">All that, with the names of free sizes.</param>
    internal sealed record Value(string Name, string Type, int[] Shape, [property: JsonIgnore] string Text)
    {
        public static Value Of(ValueInfoProto info)
        {
            var tensor = info.Type?.TensorType;
            var type = ((TensorType)(tensor?.ElemType ?? 0)).ToString().ToLowerInvariant();
            var sizes = tensor?.Shape?.Dim.ToList() ?? [];
            var shape = string.Join(", ", sizes.Select(size => size.HasDimParam ? VisibleText.Of(size.DimParam) : $"{size.DimValue}"));
            return new(
                info.Name, type, [.. sizes.Select(size => size.HasDimParam ? -1 : (int)size.DimValue)],
                $"{VisibleText.Of(info.Name)}: {type} [{shape}]");
        }
    }

    /// <summary>The types of ONNX that inputs and outputs have.</summary>
    private enum TensorType { Unknown = 0, Float32 = 1, UInt8 = 2, Int64 = 7, String = 8 }
}
