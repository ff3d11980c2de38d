namespace Conformer.Server.Explaining;

/// <summary>Where the network looks for a class.</summary>
/// <param name="Class">The class.</param>
/// <param name="Probability">0-1.</param>
/// <param name="Maps">Of a Conformer "classActivation", "coupled" and "attentionRollout"; of a ConTNet the first.</param>
internal sealed record ExplainAnswer(string Class, float Probability, IReadOnlyList<MapAnswer> Maps);

/// <summary>A map over the part of the image that the network sees.</summary>
/// <param name="Kind">What it shows: a name of ImageMapKind.</param>
/// <param name="Png">The picture, a PNG file; base64 in JSON.</param>
internal sealed record MapAnswer(string Kind, byte[] Png);
