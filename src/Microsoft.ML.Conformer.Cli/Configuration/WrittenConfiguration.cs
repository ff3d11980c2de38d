using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Conformer.Cli.Configuration;

/// <summary>The configuration that repeats a run.</summary>
internal static class WrittenConfiguration
{
    /// <param name="command">The command's name, for the comment at the top.</param>
    /// <param name="values">Names and values, in the order of the file; null ones are left out.</param>
    public static string Of(string command, IEnumerable<(string Name, string? Value)> values)
    {
        var text = new StringWriter { NewLine = "\n" };
        text.WriteLine($"# `conformer {command} --config` with this file repeats the run. Options given beside it override it.");
        var emitter = new Emitter(text);
        ReadOnlySpan<ParsingEvent> start = [new StreamStart(), new DocumentStart(null, null, isImplicit: true),
            new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block)];
        ReadOnlySpan<ParsingEvent> end = [new MappingEnd(), new DocumentEnd(isImplicit: true), new StreamEnd()];
        foreach (var one in start)
            emitter.Emit(one);
        foreach (var (name, value) in values)
        {
            if (value is null)
                continue;
            emitter.Emit(new Scalar(name));
            // Quoted, such a text is not null.
            emitter.Emit(new Scalar(
                AnchorName.Empty, TagName.Empty, value, value is "" or "~" or "null" ? ScalarStyle.SingleQuoted : ScalarStyle.Any,
                isPlainImplicit: true, isQuotedImplicit: true));
        }
        foreach (var one in end)
            emitter.Emit(one);
        return text.ToString();
    }
}
