using System.Text;
using Google.Protobuf;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>
/// Finds the slot names that ML.NET hides in a model: a node named <c>mlnet.{column}.SlotNames</c> has them in its attribute
/// <c>keys_strings</c>. The field numbers are those of onnx.proto.
/// </summary>
internal static class SlotNamesReader
{
    private const int GraphOfModel = 7;
    private const int NodeOfGraph = 1;
    private const int NameOfNode = 3;
    private const int AttributeOfNode = 5;
    private const int NameOfAttribute = 1;
    private const int StringsOfAttribute = 9;

    private const string Prefix = "mlnet.";
    private const string Suffix = ".SlotNames";

    /// <summary>The slot names by column.</summary>
    public static IReadOnlyDictionary<string, string[]> Read(string path, int recursionLimit)
    {
        using var input = CodedInputStream.CreateWithLimits(File.OpenRead(path), int.MaxValue, recursionLimit);
        var names = new Dictionary<string, string[]>();
        ReadFields(input, long.MaxValue, field =>
        {
            if (field != GraphOfModel)
                return false;
            ReadMessage(input, graphField =>
            {
                if (graphField != NodeOfGraph)
                    return false;
                var (name, keys) = ReadNode(input);
                if (keys is not null && ColumnOf(name) is { } column)
                    names.TryAdd(column, keys);
                return true;
            });
            return true;
        });
        return names;
    }

    private static string ColumnOf(string node) =>
        node.Length > Prefix.Length + Suffix.Length
        && node.StartsWith(Prefix, StringComparison.Ordinal)
        && node.EndsWith(Suffix, StringComparison.Ordinal)
            ? node[Prefix.Length..^Suffix.Length]
            : null;

    private static (string Name, string[] Keys) ReadNode(CodedInputStream input)
    {
        var name = "";
        string[] keys = null;
        ReadMessage(input, field =>
        {
            if (field == NameOfNode)
                name = input.ReadString();
            else if (field == AttributeOfNode)
                keys = ReadKeys(input) ?? keys;
            else
                return false;
            return true;
        });
        return (name, keys);
    }

    private static string[] ReadKeys(CodedInputStream input)
    {
        var name = "";
        var strings = new List<string>();
        ReadMessage(input, field =>
        {
            if (field == NameOfAttribute)
                name = input.ReadString();
            else if (field == StringsOfAttribute)
                strings.Add(input.ReadBytes().ToString(Encoding.UTF8));
            else
                return false;
            return true;
        });
        return name == "keys_strings" ? strings.ToArray() : null;
    }

    private static void ReadMessage(CodedInputStream input, Func<int, bool> readField)
    {
        var length = input.ReadLength();
        ReadFields(input, input.Position + length, readField);
    }

    /// <param name="readField">Takes a field's number, and reads its value or returns false.</param>
    private static void ReadFields(CodedInputStream input, long end, Func<int, bool> readField)
    {
        uint tag;
        while (input.Position < end && (tag = input.ReadTag()) != 0)
        {
            if (!readField(WireFormat.GetTagFieldNumber(tag)))
                input.SkipLastField();
        }
    }
}
